/** An installed Firefox, without a window. It is driven as geckodriver does it, which Debian lacks: by Marionette. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS, type Command, type Driver, type Parameters } from "./commands";
import { Marionette } from "./marionette";
import { installed, Programs, textOf } from "./programs";

/** Faults of pages that Firefox noticed, breaches of the Content-Security-Policy included. */
const FAULTS = `
  return Services.console.getMessageArray()
    .filter((message) => message instanceof Ci.nsIScriptError && /^(https?|blob):/.test(message.sourceName))
    .map(({ category, errorMessage }) => category + ": " + errorMessage);`;
/** What scripts of pages wrote, in Firefox's output; a line that ends with a colon begins a message of Firefox itself. */
const WRITTEN = /^console\.\w+: (?!.*: $).*/gm;

/** Why there is no Firefox here, or null. */
export function lacksFirefox(): string | null {
  return program() ? null : "There is no firefox-esr and no firefox.";
}

export async function startFirefox(): Promise<Driver> {
  const programs = new Programs("firefox");
  try {
    const profile = programs.makeFolder("profile");
    writeFileSync(join(profile, "user.js"), preferences(programs.downloads));
    const options = ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile];
    programs.start(program()!, options);
    const port = await programs.waitFor("Firefox listens", () => textOf(join(profile, "MarionetteActivePort")) || null);
    const marionette = await Marionette.connect(Number(port));
    await marionette.send("WebDriver:NewSession", {});
    return new Firefox(programs, marionette);
  } catch (error) {
    await programs.end();
    throw error;
  }
}

class Firefox implements Driver {
  constructor(
    private readonly programs: Programs,
    private readonly marionette: Marionette,
  ) {}

  get downloads(): string {
    return this.programs.downloads;
  }

  send(command: Command, parameters: Parameters): Promise<unknown> {
    return this.marionette.send(COMMANDS[command].name, parameters);
  }

  async consoleMessages(): Promise<string[]> {
    await this.marionette.send("Marionette:SetContext", { value: "chrome" });
    const faults = await this.marionette.send("WebDriver:ExecuteScript", { script: FAULTS, args: [] });
    await this.marionette.send("Marionette:SetContext", { value: "content" });
    return [...(faults as string[]), ...(this.programs.output().match(WRITTEN) ?? [])];
  }

  async close(): Promise<void> {
    this.marionette.close();
    await this.programs.end();
  }
}

function program(): string | null {
  return installed("firefox-esr", "firefox");
}

function preferences(downloads: string): string {
  const values = {
    "marionette.port": 0, // a free one, which Firefox writes to a file
    "intl.accept_languages": "en-US, en",
    "browser.download.folderList": 2,
    "browser.download.dir": downloads,
    "devtools.console.stdout.content": true,
    "devtools.console.stdout.chrome": false,
    "network.dns.disabled": true, // so that it asks no host of Mozilla's
  };
  return Object.entries(values)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join("");
}
