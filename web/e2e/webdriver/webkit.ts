/** WebKitGTK's own small browser, driven by WebKitWebDriver, on a screen that nobody sees. */
import { readdirSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { COMMANDS, PATIENCE_MS, WebDriverError, type Command, type Driver, type Parameters } from "./commands";
import { installed, Programs, textOf } from "./programs";

/** "CONSOLE JS ERROR Error: …", which WebKit writes to the standard output. */
const WRITTEN = /^CONSOLE .*/gm;
const LIBRARIES = "/usr/lib";

/** Why there is no WebKit here, or null. */
export function lacksWebKit(): string | null {
  const missing = Object.entries({
    WebKitWebDriver: driver(),
    MiniBrowser: miniBrowser(),
    Xvfb: installed("Xvfb"),
  }).filter(([, path]) => path === null);
  return missing.length > 0 ? `There is no ${missing.map(([name]) => name).join(", no ")}.` : null;
}

export async function startWebKit(): Promise<Driver> {
  const programs = new Programs("webkit");
  try {
    const display = await startScreen(programs);
    const port = await freePort();
    programs.makeFolder(".config");
    writeFileSync(join(programs.folder, ".config/user-dirs.dirs"), `XDG_DOWNLOAD_DIR="${programs.downloads}"\n`);
    programs.start(driver()!, [`--port=${port}`], {
      DISPLAY: display,
      GDK_BACKEND: "x11",
      LC_ALL: "C.UTF-8",
      LANGUAGE: "en",
      XDG_CONFIG_HOME: join(programs.folder, ".config"),
    });
    const address = `http://127.0.0.1:${port}`;
    await programs.waitFor("WebKitWebDriver listens", () => isReady(address));
    const args = ["--automation", "--enable-write-console-messages-to-stdout=true"];
    const options = { "webkitgtk:browserOptions": { binary: miniBrowser(), args } };
    const session = await ask("POST", `${address}/session`, { capabilities: { alwaysMatch: options } });
    return new WebKit(programs, `${address}/session/${(session as { sessionId: string }).sessionId}`);
  } catch (error) {
    await programs.end();
    throw error;
  }
}

class WebKit implements Driver {
  constructor(
    private readonly programs: Programs,
    private readonly session: string,
  ) {}

  get downloads(): string {
    return this.programs.downloads;
  }

  send(command: Command, parameters: Parameters): Promise<unknown> {
    const { method, path } = COMMANDS[command];
    return ask(method, this.session + path.replace("{id}", String(parameters.id)), parameters);
  }

  async consoleMessages(): Promise<string[]> {
    return this.programs.output().match(WRITTEN) ?? [];
  }

  async close(): Promise<void> {
    await ask("DELETE", this.session).finally(() => this.programs.end());
  }
}

async function ask(method: string, address: string, parameters: Parameters = {}): Promise<unknown> {
  const body = method === "POST" ? JSON.stringify(parameters) : null;
  const answer = await fetch(address, { method, body, signal: AbortSignal.timeout(PATIENCE_MS) });
  const { value } = (await answer.json()) as { value: unknown };
  if (!answer.ok) throw new WebDriverError(`${method} ${new URL(address).pathname}`, value as object);
  return value;
}

async function isReady(address: string): Promise<true | null> {
  try {
    return (await fetch(`${address}/status`)).ok || null;
  } catch {
    return null; // it does not listen yet
  }
}

/** Starts an X server, and returns the name of its screen. */
async function startScreen(programs: Programs): Promise<string> {
  const file = join(programs.folder, "display");
  const options = ["-displayfd", "3", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"];
  programs.start("/bin/sh", ["-c", 'exec Xvfb "$@" 3> "$0"', file, ...options]);
  return programs.waitFor("Xvfb has a screen", () => {
    const number = textOf(file);
    return number?.endsWith("\n") ? `:${number.trim()}` : null;
  });
}

function driver(): string | null {
  return installed("WebKitWebDriver");
}

/** It lies beside the library, in a folder with the name of the processor: x86_64-linux-gnu/webkit2gtk-4.1. */
function miniBrowser(): string | null {
  const folders = readdirSync(LIBRARIES).filter((name) => name.endsWith("-linux-gnu"));
  return installed(...folders.map((name) => join(LIBRARIES, name, "webkit2gtk-4.1/MiniBrowser")));
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => found(port));
    });
  });
}
