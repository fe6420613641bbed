/** WebKitGTK's own small browser, driven by WebKitWebDriver, on a screen that nobody sees. */
import { readdirSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { COMMANDS, PATIENCE_MS, WebDriverError, type Command, type Driver, type Parameters } from "./commands";
import { installed, Programs, textOf } from "./programs";

/**
 * WebKitWebDriver tells nothing of the console, and MiniBrowser writes it down only when it is not driven. So the page
 * itself listens, from when it is loaded; what it said before is not known.
 */
const LISTEN = `
  const messages = (window.messagesForTest = []);
  for (const level of ["debug", "log", "info", "warn", "error"]) {
    console[level] = (...words) => messages.push(level + ": " + words.join(" "));
  }
  addEventListener("error", ({ message, target }) => messages.push("fault: " + (message ?? target.outerHTML)), true);
  addEventListener("unhandledrejection", ({ reason }) => messages.push("fault: " + reason));
  addEventListener("securitypolicyviolation", (event) =>
    messages.push("policy: " + event.effectiveDirective + ": " + event.blockedURI),
  );`;
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
    const settings = programs.makeFolder("settings");
    writeFileSync(join(settings, "user-dirs.dirs"), `XDG_DOWNLOAD_DIR="${programs.downloads}"\n`);
    programs.start(driver()!, [`--port=${port}`], {
      DISPLAY: display,
      GDK_BACKEND: "x11",
      LC_ALL: "en_US.UTF-8",
      XDG_CONFIG_HOME: settings,
    });
    const address = `http://127.0.0.1:${port}`;
    await programs.waitFor("WebKitWebDriver listens", () => isReady(address));
    const options = { "webkitgtk:browserOptions": { binary: miniBrowser(), args: ["--automation"] } };
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

  async send(command: Command, parameters: Parameters): Promise<unknown> {
    const { method, path } = COMMANDS[command];
    const value = await ask(method, this.session + path.replace("{id}", String(parameters.id)), parameters);
    if (command === "open") await this.send("run", { script: LISTEN, args: [] });
    return value;
  }

  async consoleMessages(): Promise<string[]> {
    return (await this.send("run", { script: "return window.messagesForTest", args: [] })) as string[];
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
