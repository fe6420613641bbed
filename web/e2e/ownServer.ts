/** A server of one test alone, which it stops, and starts again with another build of the page. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMON, FOLDER, freePort, PYTHON } from "./servers";

const CHUNKS = "_next/static/chunks";

export class OwnServer {
  private process: ChildProcess | null = null;

  private constructor(private readonly port: number) {}

  static async onFreePort(): Promise<OwnServer> {
    return new OwnServer(await freePort());
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(web: string): Promise<void> {
    const started = spawn(PYTHON, ["-m", "app", "serve", "--port", String(this.port)], {
      cwd: "..",
      env: { ...process.env, ...COMMON, LIKENESS_WEB_DIR: web },
      stdio: "ignore",
    });
    this.process = started;
    for (let isReady = false; !isReady;) {
      if (started.exitCode !== null) throw new Error(`The server ended with status ${started.exitCode}.`);
      await new Promise((later) => setTimeout(later, 200));
      isReady = await fetch(`${this.address}/api/v1/health/ready`).then(
        (answer) => answer.ok,
        () => false,
      );
    }
  }

  async stop(): Promise<void> {
    const running = this.process;
    this.process = null;
    if (running === null || running.exitCode !== null) return;
    running.kill("SIGKILL");
    await once(running, "exit");
  }
}

/** The build of the page again, with another name of a style sheet, as after a change of the page's styles. */
export function otherBuild(): { folder: string; style: { old: string; new: string } } {
  const folder = join(FOLDER, "other-build");
  cpSync("out", folder, { recursive: true });
  const names = readdirSync(join(folder, CHUNKS));
  const scripts = names.filter((name) => name.endsWith(".js")).map((name) => read(join(folder, CHUNKS, name)));
  // One that no script names: scripts would have other names too then.
  const old = names.find((name) => name.endsWith(".css") && !scripts.some((script) => script.includes(name)));
  if (old === undefined) throw new Error("Each style sheet is named in a script.");
  const renamed = `other-${old}`;
  renameSync(join(folder, CHUNKS, old), join(folder, CHUNKS, renamed));
  for (const name of readdirSync(folder).filter((name) => /\.(html|txt)$/.test(name))) {
    writeFileSync(join(folder, name), read(join(folder, name)).replaceAll(old, renamed));
  }
  execFileSync(process.execPath, ["scripts/shell.mjs", folder]);
  return { folder, style: { old: `/${CHUNKS}/${old}`, new: `/${CHUNKS}/${renamed}` } };
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}
