import type { Page } from "@playwright/test";
import { BASE, logLines } from "./servers";
import { expect, test } from "./test";
import { photo } from "./workbench";

type Shown = { label: string; percent: number | null; left: string; all: string; percentOfAll: number | null };

/** Records all progress that the page shows. Returns a function that reads the record. */
async function watch(page: Page): Promise<() => Promise<Shown[]>> {
  await page.evaluate(() => {
    const shown: Shown[] = [];
    const text = (name: string) => document.querySelector(`[data-testid="${name}"]`)?.textContent ?? "";
    const look = () => {
      const bars = [...document.querySelectorAll('[role="progressbar"]')];
      const bar = bars.find((one) => one.closest('[aria-label="Next step"]'));
      const ofAll = bars.find((one) => /^Photo \d+ of/.test(one.getAttribute("aria-label") ?? ""));
      const label = bar?.getAttribute("aria-label") ?? "";
      if (!bar && !ofAll) return;
      const percent = Number.parseInt(text("percent"), 10);
      const now = {
        label,
        percent: Number.isNaN(percent) ? null : percent,
        left: text("left"),
        all: ofAll?.previousElementSibling?.textContent ?? "",
        percentOfAll: ofAll ? Number(ofAll.getAttribute("aria-valuenow")) : null,
      };
      if (JSON.stringify(now) !== JSON.stringify(shown.at(-1))) shown.push(now);
    };
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
    Object.assign(window, { shown });
  });
  return () => page.evaluate(() => (window as unknown as { shown: Shown[] }).shown);
}

const labels = (shown: Shown[]) => [...new Set(shown.map(({ label }) => label))];

function rises(numbers: number[]): boolean {
  return numbers.every((number, index) => index === 0 || number >= numbers[index - 1]!);
}

/** The percentages of one photo; null while it waits for others. */
const percents = (shown: Shown[]) => shown.flatMap(({ percent }) => percent ?? []);

test("one bar goes from the upload over every stage to the picture, and tells the time that is left", async ({
  page,
  context,
  workbench,
}) => {
  await workbench.open();
  await workbench.choose("heavy.png");
  const network = await context.newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 1600 * 1024, // bytes per second, slow enough for several percentages
  });
  const shown = await watch(page);
  await workbench.restore.click();
  await workbench.done();

  const all = await shown();
  const upload = percents(all.filter(({ label }) => label === "Uploading"));
  expect(new Set(upload).size, JSON.stringify(all)).toBeGreaterThan(3);
  const order = ["Uploading", "Looking for faces", "Enlarging the picture", "Measuring the result"];
  expect(labels(all).filter((label) => order.includes(label))).toEqual(order);
  expect(rises(percents(all)), JSON.stringify(percents(all))).toBe(true);
  expect(new Set(percents(all)).size).toBeGreaterThan(20);
  expect(percents(all).at(-1)).toBeGreaterThan(50); // how far it is depends on what the server expected of a busy machine
  expect(all.some(({ left }) => /^about \d+ s left$/.test(left))).toBe(true);
  expect(all.filter(({ left }) => /about 0/.test(left))).toEqual([]);
});

test("the time that is left is told as long as the work goes on, for a photo that was looked at", async ({
  page,
  workbench,
}) => {
  await workbench.open();
  await workbench.choose("heavy.png");
  await expect(page.getByText(/^about \d+/).first()).toBeVisible({ timeout: 90_000 }); // by the look
  const shown = await watch(page);
  await workbench.restore.click();
  await workbench.done();
  const working = (await shown()).filter(({ label }) => label === "Enlarging the picture");
  expect(working.length).toBeGreaterThan(5);
  expect(working.filter(({ left }) => left === "")).toEqual([]);
  expect(rises(percents(await shown()))).toBe(true);
});

test("several photos have a bar for all of them", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("pair.png", "portrait.jpg", "second.png");
  const shown = await watch(page);
  await page.getByRole("button", { name: "Restore all 3" }).click();
  const bar = page.getByRole("progressbar", { name: /^Photo \d of 3$/ });
  await expect(bar).toHaveAccessibleName("Photo 1 of 3");
  await expect(bar).toHaveAccessibleName("Photo 3 of 3", { timeout: 90_000 });
  await expect(bar).toHaveCount(0, { timeout: 90_000 });
  const all = (await shown()).filter(({ percentOfAll }) => percentOfAll !== null);
  expect(rises(all.map(({ percentOfAll }) => percentOfAll ?? 0)), JSON.stringify(all)).toBe(true);
  expect(all.some((one) => /^Photo \d of 3 · about \d+ (s|min) left$/.test(one.all))).toBe(true);
});

test("the bar fills smoothly, but not for people who want less motion", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("large.jpg");
  await workbench.restore.click();
  const fill = workbench.progress.locator("> *");
  const seconds = () => fill.evaluate((element) => Number.parseFloat(getComputedStyle(element).transitionDuration));
  expect(await seconds()).toBeGreaterThan(0.1);
  await page.emulateMedia({ reducedMotion: "reduce" });
  expect(await seconds()).toBeLessThan(0.001);
  await workbench.cancel.click();
});

test("the place in the queue is shown, and the photo is restored when its turn comes", async ({
  page,
  workbench,
  service,
}) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await service.occupy(photo("large.jpg"));
  await service.occupy(photo("large.jpg"));
  await workbench.restore.click();
  await expect(workbench.progress).toHaveAccessibleName("1 photo ahead of yours");
  await expect(page.getByRole("status").filter({ hasText: "1 photo ahead of yours" })).toHaveCount(1); // for screen readers
  service.release();
  await expect(workbench.progress).toHaveAccessibleName("Your photo is next");
  service.release();
  await workbench.done();
});

test("a double click on Restore does not cancel the photo", async ({ workbench, sent }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await workbench.restore.dblclick();
  await workbench.done();
  expect(sent).toHaveLength(1);
});

test("cancel stops the work on the server", async ({ workbench, service }) => {
  await service.idle();
  await workbench.open();
  await workbench.choose("large.jpg");
  await workbench.restore.click();
  await expect(workbench.progress).toHaveAccessibleName("Enlarging the picture");
  expect((await service.status()).slots_in_use).toBe(1);
  const known = logLines("plain").length;
  await workbench.cancel.click();

  await expect(workbench.progress).toHaveCount(0);
  await expect(workbench.restore).toBeEnabled();
  await expect.poll(async () => (await service.status()).slots_in_use, { timeout: 30_000 }).toBe(0);
  await expect.poll(() => logLines("plain").slice(known).join("\n")).toMatch(/"\/api\/v1\/enhance", "status": 499/);
  await expect(workbench.download).toHaveCount(0);
  await expect(workbench.problem(/./)).toHaveCount(0); // cancelling is not an error
});

test("cancel works while the photo waits in the queue", async ({ workbench, service }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await service.occupy(photo("large.jpg"));
  await workbench.restore.click();
  await expect(workbench.progress).toHaveAccessibleName("Your photo is next");
  await workbench.cancel.click();
  await expect(workbench.restore).toBeEnabled();
  await expect.poll(() => service.inside()).toBe(1);
});

test("removing a photo stops the work on it", async ({ page, workbench, service }) => {
  await workbench.open();
  await workbench.choose("large.jpg");
  await workbench.restore.click();
  await expect.poll(() => service.inside()).toBe(1);
  await page.getByRole("button", { name: "Remove large.jpg" }).click();
  await expect(page.getByRole("heading", { name: "Drop a photo here" })).toBeVisible();
  await expect.poll(() => service.inside(), { timeout: 30_000 }).toBe(0);
});

test("a photo can be viewed while another is in work", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("large.jpg", "portrait.jpg");
  await workbench.restore.click();
  const strip = page.getByRole("navigation", { name: "Photos" });
  await strip.getByRole("button", { name: /^portrait\.jpg/ }).click();
  await workbench.restore.click();
  await expect(workbench.progress).toHaveAccessibleName("Waiting for its turn");
  await strip.getByRole("button", { name: /^large\.jpg/ }).click();
  await workbench.cancel.click();
  await strip.getByRole("button", { name: /^portrait\.jpg/ }).click();
  await workbench.done();
  expect(page.url()).toBe(`${BASE.plain}/`);
});
