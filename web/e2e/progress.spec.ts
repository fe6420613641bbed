import type { Page } from "@playwright/test";
import { BASE, logLines } from "./servers";
import { expect, test } from "./test";
import { photo } from "./workbench";

type Shown = { label: string; percent: number | null; elapsed: number | null };

/** Records all progress that the page shows. Returns a function that reads the record. */
async function watch(page: Page): Promise<() => Promise<Shown[]>> {
  await page.evaluate(() => {
    const shown: Shown[] = [];
    const look = () => {
      const label = document.querySelector("progress")?.getAttribute("aria-label");
      if (!label) return;
      const number = (name: string) => {
        const text = document.querySelector(`[data-testid="${name}"]`)?.textContent;
        return text ? Number.parseFloat(text) : null;
      };
      const now = { label, percent: number("percent"), elapsed: number("elapsed") };
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

test("the upload is shown in percent, then every stage in order", async ({ page, context, workbench }) => {
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
  const upload = all.filter(({ label, percent }) => label === "Uploading" && percent !== null);
  expect(new Set(upload.map(({ percent }) => percent)).size, JSON.stringify(all)).toBeGreaterThan(3);
  const order = ["Uploading", "Looking for faces", "Enlarging the picture", "Measuring the result"];
  expect(labels(all).filter((label) => order.includes(label))).toEqual(order);
  for (const label of labels(all)) {
    const percents = all.filter((one) => one.label === label).flatMap(({ percent }) => percent ?? []);
    expect(rises(percents), `${label}: ${percents}`).toBe(true);
  }
  const elapsed = all.flatMap((one) => one.elapsed ?? []);
  expect(rises(elapsed)).toBe(true);
  expect(new Set(elapsed).size).toBeGreaterThan(5);
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
  await expect(workbench.progress).not.toHaveAttribute("value"); // the time in the queue is unknown
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
