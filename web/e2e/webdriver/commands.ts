/** WebDriver's commands that the tests use: how WebKitWebDriver takes them, and their names in Firefox. */
export const COMMANDS = {
  resize: { method: "POST", path: "/window/rect", name: "WebDriver:SetWindowRect" },
  open: { method: "POST", path: "/url", name: "WebDriver:Navigate" },
  find: { method: "POST", path: "/elements", name: "WebDriver:FindElements" },
  role: { method: "GET", path: "/element/{id}/computedrole", name: "WebDriver:GetComputedRole" },
  label: { method: "GET", path: "/element/{id}/computedlabel", name: "WebDriver:GetComputedLabel" },
  click: { method: "POST", path: "/element/{id}/click", name: "WebDriver:ElementClick" },
  type: { method: "POST", path: "/element/{id}/value", name: "WebDriver:ElementSendKeys" },
  run: { method: "POST", path: "/execute/sync", name: "WebDriver:ExecuteScript" },
} as const;

export type Command = keyof typeof COMMANDS;
export type Parameters = Record<string, unknown>;
export type Fault = { error?: string; message?: string };

/** The longest that a command may take. */
export const PATIENCE_MS = 20_000;

/** A browser that was started, and the way to it. */
export interface Driver {
  send(command: Command, parameters: Parameters): Promise<unknown>;
  /** What pages have written to the console, errors and breaches of the Content-Security-Policy included. */
  consoleMessages(): Promise<string[]>;
  /** The folder into which the browser downloads. */
  readonly downloads: string;
  /** Ends the browser, and removes what it has written. */
  close(): Promise<void>;
}

export class WebDriverError extends Error {
  constructor(command: string, { error, message }: Fault) {
    super(`${command}: ${error}: ${message}`);
  }
}
