/** `test` with fixtures. It also fails if the page sends a request to another host, or logs a message or an error. */
import { expect, test as base, type Request } from "@playwright/test";
import { readFileSync } from "node:fs";
import { logOf, SERVERS } from "./servers";
import { Service } from "./service";
import { Workbench } from "./workbench";

/** Playwright's own words, where it keeps the page from having a service worker. */
const NO_WORKERS = "Service Worker registration blocked by Playwright";

type Fixtures = {
  /** The test provokes error answers, which the browser logs. */
  provokes: boolean;
  /** URLs to which the page has sent photos to be restored. */
  sent: string[];
  /** URLs to which it has sent photos to be looked at. */
  looks: string[];
  watched: void;
  workbench: Workbench;
  service: Service;
};

export const test = base.extend<Fixtures>({
  provokes: [false, { option: true }],

  sent: async ({ page }, give) => {
    const sent: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST" && !isLook(request)) sent.push(request.url());
    });
    await give(sent);
  },

  looks: async ({ page }, give) => {
    const looks: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST" && isLook(request)) looks.push(request.url());
    });
    await give(looks);
  },

  watched: [
    async ({ context, baseURL, provokes }, give, testInfo) => {
      const faults: string[] = [];
      const own = new URL(baseURL ?? "").origin;
      context.on("request", (request) => {
        const url = request.url();
        if (!/^(blob|data):/.test(url) && new URL(url).origin !== own) faults.push(`a request to ${url}`);
      });
      context.on("console", (message) => {
        const text = message.text(); // includes violations of the Content-Security-Policy
        if (text === NO_WORKERS) return;
        if (!(provokes && text.startsWith("Failed to load resource"))) faults.push(`${message.type()}: ${text}`);
      });
      context.on("weberror", (error) => faults.push(`thrown: ${error.error().stack ?? error.error().message}`));
      await give();
      if (testInfo.status !== testInfo.expectedStatus) {
        for (const { name } of SERVERS) {
          await testInfo.attach(`${name}.log`, { body: readFileSync(logOf(name)), contentType: "text/plain" });
        }
      }
      if (faults.length > 0)
        throw new Error(`The page logged messages or sent requests to another host:\n${faults.join("\n")}`);
    },
    { auto: true },
  ],

  workbench: async ({ page }, give) => give(new Workbench(page)),

  service: async ({}, give) => {
    const service = new Service("plain");
    await give(service);
    await service.idle();
    expect(service.ended, "an answer to another client").toEqual([]);
  },
});

/** Of the two, only a photo that is restored is answered with events. */
function isLook(request: Request): boolean {
  return request.headers()["accept"] === "application/json";
}

export { expect };
