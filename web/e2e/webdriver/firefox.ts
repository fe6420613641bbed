/** An installed Firefox, without a window. It is driven as geckodriver does it, which Debian lacks: by Marionette. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS, type Command, type Driver, type Parameters } from "./commands";
import { Marionette } from "./marionette";
import { installed, Programs, textOf } from "./programs";

/** Faults that Firefox noticed, and what scripts wrote. */
const READ_CONSOLE = `
  const isOfPage = (address) => /^(https?|blob):/.test(address);
  const faults = Services.console.getMessageArray().filter((message) => message instanceof Ci.nsIScriptError);
  const written = Cc["@mozilla.org/consoleAPI-storage;1"].getService(Ci.nsIConsoleAPIStorage).getEvents();
  return [
    ...faults.filter((fault) => isOfPage(fault.sourceName)).map((fault) => fault.category + ": " + fault.errorMessage),
    ...written.filter((event) => isOfPage(event.filename)).map((event) => event.level + ": " + event.arguments.join(" ")),
  ];`;

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
    const messages = await this.marionette.send("WebDriver:ExecuteScript", { script: READ_CONSOLE, args: [] });
    await this.marionette.send("Marionette:SetContext", { value: "content" });
    return messages as string[];
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
    "network.dns.disabled": true, // so that it asks no host of Mozilla's
  };
  return Object.entries(values)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join("");
}
