import type { Page } from "@playwright/test";
import { OwnServer, otherBuild } from "./ownServer";
import { expect, test as base } from "./test";
import type { Workbench } from "./workbench";

const UNREACHABLE = /server cannot be reached/;

const test = base.extend<{ own: OwnServer }>({
  own: async ({}, give) => {
    const own = await OwnServer.onFreePort();
    await give(own);
    await own.stop();
  },
});

// The browser logs each request that fails.
test.use({ serviceWorkers: "allow", provokes: true });

/** The first visit, until the page's shell is kept. */
async function visited(page: Page, workbench: Workbench): Promise<void> {
  await workbench.open();
  await page.evaluate(() => navigator.serviceWorker.ready);
}

/** The paths that are kept, by the name of their cache. */
function keptIn(page: Page): Promise<Record<string, string[]>> {
  return page.evaluate(async () => {
    const pathsOf = async (name: string) => {
      const requests = await (await caches.open(name)).keys();
      return [name, requests.map(({ url }) => new URL(url).pathname)] as const;
    };
    return Object.fromEntries(await Promise.all((await caches.keys()).map(pathsOf)));
  });
}

async function isShell(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { name: "Drop a photo here" })).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: UNREACHABLE })).toBeVisible();
  const sample = page.getByRole("button", { name: "Try it with this photo" }).locator("img");
  await expect.poll(() => sample.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
  expect(await page.evaluate(() => document.fonts.check('16px "Instrument Sans Variable"'))).toBe(true);
}

test("after one visit the page opens without a connection, says so, and works when it is back", async ({
  page,
  context,
  workbench,
}) => {
  const answers = new Map<string, boolean>();
  page.on("response", (answer) => answers.set(new URL(answer.url()).pathname, answer.fromServiceWorker()));
  const first = page.waitForResponse("/");
  await visited(page, workbench);
  const policy = (await first).headers()["content-security-policy"];
  expect(policy).toContain("worker-src 'self'");

  await context.setOffline(true);
  const again = await page.reload();
  expect(again?.fromServiceWorker()).toBe(true);
  expect(again?.headers()["content-security-policy"]).toBe(policy);
  await isShell(page);

  await context.setOffline(false);
  await expect(page.getByText(UNREACHABLE)).toHaveCount(0);
  answers.clear();
  await workbench.restored();
  expect(Object.fromEntries(answers)).toMatchObject({ "/api/v1/enhance": false });
  const paths = Object.values(await keptIn(page)).flat();
  expect(paths).toContain("/");
  expect(
    paths.filter((path) => !/^\/($|_next\/static\/|icon\.svg|manifest\.webmanifest|sample\.jpg)/.test(path)),
  ).toEqual([]);
  await page.goto("/metrics");
  expect(answers.get("/metrics")).toBe(false);
});

for (const [what, status] of [
  ["fails", 502],
  ["does not answer", null],
] as const) {
  test(`the kept page is shown if the server ${what}`, async ({ page, context, workbench }) => {
    await visited(page, workbench);
    await context.route("/", async (route) => {
      if (status !== null) await route.fulfill({ status, body: "Bad gateway" });
    });
    const answer = await page.reload();
    expect(answer?.fromServiceWorker()).toBe(true);
    await expect(page.getByRole("heading", { name: "Drop a photo here" })).toBeVisible();
  });
}

test("nothing is kept if a file is not of the same build as the list", async ({ page, context, workbench }) => {
  await context.route("/sample.jpg", (route) =>
    route.request().serviceWorker() === null ? route.continue() : route.fulfill({ body: "of another build" }),
  );
  const fetched = context.waitForEvent("requestfinished", (request) => {
    return request.serviceWorker() !== null && request.url().endsWith("/sample.jpg");
  });
  await workbench.open();
  await fetched;
  await expect.poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);
  expect(await keptIn(page)).toEqual({});
  await page.reload();
  await expect(page.getByText(/megapixels\./)).toBeVisible();
});

test.describe("with a server that is stopped", () => {
  test.use({ baseURL: async ({ own }, give) => give(own.address) });

  test("the page opens, restores a photo when the server is back, and a new build takes the place of the old", async ({
    page,
    context,
    own,
    workbench,
  }) => {
    test.setTimeout(180_000);
    await own.start("web/out");
    await visited(page, workbench);
    const [[oldShell, oldPaths] = ["", []]] = Object.entries(await keptIn(page));
    const { folder, style } = otherBuild();
    expect(oldPaths).toContain(style.old);

    await own.stop();
    await page.reload();
    await isShell(page);

    await own.start(folder);
    await expect(page.getByText(UNREACHABLE)).toHaveCount(0);
    await workbench.restored();

    // The page of the old build is still open: its files are kept beside those of the new one.
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
    await expect.poll(async () => Object.keys(await keptIn(page)).length).toBe(2);
    expect(await page.evaluate(async (path) => (await fetch(path)).status, style.old)).toBe(200);

    const next = await context.newPage();
    await page.close();
    await expect(async () => {
      await next.goto("about:blank"); // the new one begins once no page is open
      await next.waitForTimeout(500);
      await next.goto("/");
      expect(Object.keys(await keptIn(next))).not.toContain(oldShell);
    }).toPass();
    const [newPaths = [], ...others] = Object.values(await keptIn(next));
    expect(others).toEqual([]);
    expect(newPaths).toContain(style.new);
    expect(newPaths).not.toContain(style.old);

    await own.stop();
    const styles: [string, boolean][] = [];
    next.on("response", (answer) => {
      if (answer.url().endsWith(".css")) styles.push([new URL(answer.url()).pathname, answer.ok()]);
    });
    await next.reload();
    await isShell(next);
    expect(styles).toContainEqual([style.new, true]);
    expect(styles.map(([path]) => path)).not.toContain(style.old);
  });
});
