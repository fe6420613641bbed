/** The programs of one browser, in a folder of their own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, closeSync, constants, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const PATIENCE_MS = 30_000;

export class Programs {
  readonly folder: string;
  readonly downloads: string;
  private readonly started: ChildProcess[] = [];

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `likeness-${name}-`));
    this.downloads = this.makeFolder("downloads");
  }

  makeFolder(name: string): string {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    return folder;
  }

  /** Starts a program whose output is kept in a file, and which is ended with all that it starts. */
  start(path: string, options: string[], environment: Record<string, string> = {}): void {
    const output = openSync(this.log, "a");
    const env = { ...process.env, HOME: this.folder, ...environment };
    this.started.push(spawn(path, options, { env, detached: true, stdio: ["ignore", output, output] }));
    closeSync(output);
  }

  /** What the programs have written so far. */
  output(): string {
    return readFileSync(this.log, "utf8");
  }

  /** Waits until `look` finds something; that a file is not there yet is no fault. */
  async waitFor<Found>(what: string, look: () => Found | null | Promise<Found | null>): Promise<Found> {
    for (const end = Date.now() + PATIENCE_MS; ;) {
      const found = await look();
      if (found !== null) return found;
      const isGone = this.started.some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
      if (isGone || Date.now() > end) throw new Error(`${what}: not after ${PATIENCE_MS} ms.\n${this.output()}`);
      await new Promise((go) => setTimeout(go, 50));
    }
  }

  async end(): Promise<void> {
    for (const child of this.started.reverse()) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      process.kill(-child.pid, "SIGKILL");
      await once(child, "exit");
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private get log(): string {
    return join(this.folder, "output.log");
  }
}

/** The first of these programs that is installed; a name is looked for on the PATH. */
export function installed(...names: string[]): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = names.flatMap((name) => (name.includes("/") ? [name] : folders.map((folder) => join(folder, name))));
  return paths.find(isExecutable) ?? null;
}

/** The text of a file, or null if it is not there. */
export function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
