/** `test` with the page at hand, which also fails where the page talks to others or complains. */
import { expect, test as base } from "@playwright/test";
import { readFileSync } from "node:fs";
import { logOf, SERVERS } from "./servers";
import { Service } from "./service";
import { Workbench } from "./workbench";

type Fixtures = {
  /** The test provokes answers that are errors, which the browser notes by itself. */
  provokes: boolean;
  /** Addresses of all photos that the page has sent. */
  sent: string[];
  watched: void;
  workbench: Workbench;
  service: Service;
};

export const test = base.extend<Fixtures>({
  provokes: [false, { option: true }],

  sent: async ({ page }, give) => {
    const sent: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") sent.push(request.url());
    });
    await give(sent);
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
        const text = message.text(); // also of a violation of the page's policy
        if (!(provokes && text.startsWith("Failed to load resource"))) faults.push(`${message.type()}: ${text}`);
      });
      context.on("weberror", (error) => faults.push(`thrown: ${error.error().stack ?? error.error().message}`));
      await give();
      if (testInfo.status !== testInfo.expectedStatus) {
        for (const { name } of SERVERS) {
          await testInfo.attach(`${name}.log`, { body: readFileSync(logOf(name)), contentType: "text/plain" });
        }
      }
      if (faults.length > 0) throw new Error(`The page made itself heard:\n${faults.join("\n")}`);
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

export { expect };
