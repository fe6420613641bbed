/** A page in a browser that is not driven by Playwright, by accessible roles and names. */
import { expect } from "@playwright/test";
import type { Driver } from "./commands";

type Element = { id: string };

/** Elements that can have the role. */
const CANDIDATES = { button: "button", link: "a", slider: "[role=slider], input[type=range]" };

export class BrowserWindow {
  constructor(readonly driver: Driver) {}

  async open(address: string, width: number, height: number): Promise<void> {
    await this.driver.send("resize", { width, height });
    await this.driver.send("open", { url: address });
  }

  /** Waits for the element with this role and this name, as the browser tells them to a screen reader. */
  async named(role: keyof typeof CANDIDATES, name: RegExp, timeout = 15_000): Promise<Element> {
    let found: Element | undefined;
    await expect(async () => {
      found = undefined;
      const names: unknown[] = [];
      for (const element of await this.all(CANDIDATES[role])) {
        if ((await this.driver.send("role", element)) !== role) continue;
        const label = await this.driver.send("label", element);
        names.push(label);
        if (name.test(String(label))) found = element;
      }
      if (!found) throw new Error(`There is no ${role} ${name}, only ${names.join(", ") || "others"}.`);
    }).toPass({ timeout });
    return found!;
  }

  async click(element: Element): Promise<void> {
    await this.driver.send("click", element);
  }

  /** Presses keys, or gives a file to an input. */
  async type(element: Element, text: string): Promise<void> {
    await this.driver.send("type", { ...element, text });
  }

  /** The only element. Need not be visible. */
  async only(selector: string): Promise<Element> {
    const elements = await this.all(selector);
    expect(elements, selector).toHaveLength(1);
    return elements[0]!;
  }

  /** The value of an expression in the page. */
  async value<Value>(expression: string): Promise<Value> {
    return (await this.driver.send("run", { script: `return ${expression}`, args: [] })) as Value;
  }

  private async all(selector: string): Promise<Element[]> {
    const found = await this.driver.send("find", { using: "css selector", value: selector });
    return (found as Record<string, string>[]).map((reference) => ({ id: Object.values(reference)[0]! }));
  }
}
