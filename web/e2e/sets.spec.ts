/** Sets of photos, which the server does by itself. */
import AxeBuilder from "@axe-core/playwright";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import type { Locator, Page } from "@playwright/test";
import { BASE, KEYS, PYTHON } from "./servers";
import { expect, test } from "./test";
import { box, sizeOf, type Workbench } from "./workbench";

const PHOTOS = ["portrait.jpg", "second.png", "turned.jpg", "pair.png"] as const;
const LONG = { timeout: 150_000 }; // other servers work on the same cores

const together = (page: Page) => page.getByRole("button", { name: /^All \d+ at once$/ });
const bar = (page: Page) => page.getByRole("region", { name: "Sets of photos" });
const dialog = (page: Page) => page.getByRole("dialog", { name: "Sets of photos" });

async function show(page: Page): Promise<Locator> {
  await bar(page)
    .getByRole("button", { name: /^Show the set/ })
    .click();
  await expect(dialog(page)).toBeVisible();
  return dialog(page);
}

async function removeAll(page: Page): Promise<void> {
  const sets = await show(page);
  while ((await sets.getByRole("button", { name: "Remove", exact: true }).count()) > 0) {
    const before = await sets.getByRole("heading", { level: 3 }).count();
    await sets.getByRole("button", { name: "Remove", exact: true }).first().click();
    await sets.getByRole("button", { name: "Remove them" }).click();
    await expect(sets.getByRole("heading", { level: 3 })).toHaveCount(before - 1);
  }
}

/** The names of the files in a ZIP. */
function namesIn(path: string): string[] {
  const list = "import sys, zipfile; print('\\n'.join(zipfile.ZipFile(sys.argv[1]).namelist()))";
  return execFileSync(PYTHON, ["-c", list, path], { encoding: "utf8" }).trim().split("\n");
}

async function saved(page: Page, button: Locator): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return download.path();
}

async function sendAll(workbench: Workbench, ...names: string[]): Promise<void> {
  await workbench.choose(...names);
  await together(workbench.page).click();
}

test.describe.configure({ timeout: 240_000 });

/** A test that has failed leaves no work to the next one. */
test.afterEach(async ({ request, baseURL }) => {
  if (baseURL !== BASE.jobs) return;
  const { jobs } = (await (await request.get("/api/v1/jobs")).json()) as { jobs: { id: string }[] };
  for (const { id } of jobs) await request.delete(`/api/v1/jobs/${id}`);
});

test.describe("where jobs are on", () => {
  test.use({ baseURL: BASE.jobs });

  test("photos are done at once, shown like others, and still there after a reload", async ({
    page,
    workbench,
    sent,
  }) => {
    await workbench.open();
    await sendAll(workbench, ...PHOTOS);
    await expect(bar(page).getByRole("status")).toHaveText(/All 4 photos are done/, LONG);
    expect(sent).toEqual([`${BASE.jobs}/api/v1/batches`]);
    await expect(workbench.line).toBeVisible();
    expect(await sizeOf(workbench.after)).toEqual([512, 512]);
    await expect(workbench.card(1)).toBeVisible();
    await page.getByRole("button", { name: "second.png, done" }).click();
    await expect(workbench.after).toHaveAccessibleName("second.png after");

    await page.reload();
    const sets = await show(page);
    await expect(sets.getByRole("listitem")).toHaveCount(4);
    await expect(sets.locator("li img")).toHaveCount(4);
    const zip = await saved(page, sets.getByRole("button", { name: "ZIP" }));
    expect(namesIn(zip).sort()).toEqual([
      "pair.png",
      "portrait.png",
      "report.csv",
      "report.json",
      "second.png",
      "turned.png",
    ]);
    const report = readFileSync(await saved(page, sets.getByRole("button", { name: "Report as CSV" })), "utf8");
    expect(report.split("\r\n").map((line) => line.split(",")[0])).toEqual(["\ufefffile", ...PHOTOS, ""]);

    await sets.getByRole("button", { name: "Open portrait.jpg" }).click();
    await expect(workbench.line).toBeVisible(); // with the photo, which this browser keeps
    await page.getByRole("button", { name: "Remove portrait.jpg" }).click();
    await (await show(page)).getByRole("button", { name: "Open portrait.jpg" }).click();
    await expect(page.getByText(/^The result alone: /)).toBeVisible();
    await expect(workbench.after).toBeVisible();
    await expect(workbench.card(1)).toBeVisible();
    await expect(page.getByRole("button", { name: /^Restore/ })).toHaveCount(0);

    await removeAll(page);
    await expect(bar(page)).toHaveCount(0);
  });

  test("many photos are several sets; those without a face say so, and one that was cancelled waits", async ({
    page,
    workbench,
    sent,
  }) => {
    await workbench.open();
    await sendAll(workbench, "landscape.jpg", ...PHOTOS, "large.jpg");
    await expect.poll(() => sent.length).toBe(2);
    const sets = await show(page);
    await expect(sets.getByRole("listitem")).toHaveCount(6);
    await sets.getByRole("button", { name: "Cancel large.jpg" }).click();
    await expect(sets.getByText("Cancelled", { exact: true })).toBeVisible(LONG);
    await expect(bar(page).getByText(/4 of 6 photos are done, 1 failed, 1 cancelled/)).toBeAttached(LONG);
    await expect(sets.getByText(/^No face/)).toBeVisible();
    await sets.getByRole("button", { name: "Close" }).click();

    await page.getByRole("button", { name: "large.jpg, new" }).click();
    await expect(workbench.restore).toBeVisible();
    await page.getByRole("button", { name: "landscape.jpg, failed" }).click();
    await expect(page.getByRole("button", { name: "Enlarge it all the same" })).toBeVisible();
    await removeAll(page);
  });

  test("three photos are not offered as a set", async ({ page, workbench }) => {
    await workbench.open();
    await workbench.choose(...PHOTOS.slice(0, 3));
    await expect(page.getByRole("button", { name: "Restore all 3" })).toBeVisible();
    await expect(together(page)).toHaveCount(0);
  });

  test.describe("and a set was removed elsewhere", () => {
    test.use({ provokes: true });

    test("the page says so and forgets it", async ({ page, workbench }) => {
      await workbench.open();
      await sendAll(workbench, ...PHOTOS);
      await expect(bar(page).getByRole("status")).toHaveText(/All 4 photos are done/, LONG);
      const list = await (await page.request.get("/api/v1/jobs")).json();
      await page.request.delete(`/api/v1/batches/${list.jobs[0].batch}`);
      await page.reload();
      await expect(bar(page)).toContainText("The server no longer has this");
      const sets = await show(page);
      await sets.getByRole("button", { name: "Forget this set" }).click();
      await expect(bar(page)).toHaveCount(0);
    });
  });
});

test.describe("where a key is needed", () => {
  test.use({ baseURL: BASE.strict, provokes: true });

  test("it is asked for once, and pictures and the ZIP come with it", async ({ page, workbench }) => {
    const key = KEYS.at(-1)!;
    await workbench.open();
    await sendAll(workbench, ...PHOTOS);
    await page.getByLabel("API key").fill(key);
    await page.getByRole("button", { name: "Use it" }).click();
    await expect(bar(page).getByRole("status")).toHaveText(/All 4 photos are done/, LONG);
    await expect(workbench.after).toBeVisible();
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    await expect(bar(page)).toContainText("need an API key");
    const sets = await show(page);
    await sets.getByLabel("API key").fill(key);
    await sets.getByRole("button", { name: "Use it" }).click();
    await expect(sets.locator("li img")).toHaveCount(4);
    expect(namesIn(await saved(page, sets.getByRole("button", { name: "ZIP" })))).toContain("report.csv");
    await saved(page, sets.getByRole("button", { name: "Save pair.png" }));
  });
});

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SCREENS = [
  { width: 320, height: 640, theme: "dark" },
  { width: 390, height: 844, theme: "light" },
  { width: 1440, height: 900, theme: "dark" },
] as const;

for (const { width, height, theme } of SCREENS) {
  const isPhone = width < 900;
  test.describe(`${theme}, ${width} pixels wide`, () => {
    const viewport = { width, height };
    test.use({ baseURL: BASE.jobs, viewport, colorScheme: theme, hasTouch: isPhone, isMobile: isPhone });

    test("the screens of sets are accessible and fit the width", async ({ page, workbench }) => {
      mkdirSync("screenshots", { recursive: true });
      const faults: string[] = [];
      const look = async (screen: string) => {
        await page.screenshot({ path: `screenshots/sets-${screen}-${width}-${theme}.png` });
        const sideways = (await page.evaluate(() => document.documentElement.scrollWidth)) - width;
        if (sideways > 0) faults.push(`${screen}: ${sideways} px beyond the side`);
        const { violations } = await new AxeBuilder({ page }).withTags(TAGS).setLegacyMode().analyze();
        for (const { id, nodes } of violations) faults.push(`${screen}: ${id}: ${nodes[0]?.html.slice(0, 200)}`);
      };
      await workbench.open();
      await workbench.choose("landscape.jpg", ...PHOTOS.slice(0, 3));
      await look("offered");
      await together(page).click();
      await expect(bar(page)).toBeVisible();
      await expect(bar(page).getByRole("progressbar")).toBeVisible();
      await look("working");
      await expect(bar(page).getByRole("status")).toHaveText(/3 of 4 photos are done, 1 failed/, LONG);
      await page.getByRole("button", { name: "portrait.jpg, done" }).click();
      await expect(workbench.line).toBeVisible();
      await page.getByRole("button", { name: "Close the hints" }).click();
      await expect(workbench.download).toBeInViewport({ ratio: 0.99 }); // rounded
      await look("done");
      const sets = await show(page);
      await expect(sets.locator("li img").first()).toBeVisible(); // the others once they are scrolled to
      const row = sets.getByRole("listitem").filter({ hasText: "portrait.jpg" });
      expect((await box(row.getByText("512 × 512 pixels, 1 face"))).height).toBeLessThan(30); // on one line
      await look("list");
      await sets.getByRole("button", { name: "Remove", exact: true }).click();
      await look("removing");
      await sets.getByRole("button", { name: "Keep them" }).click();
      await sets.getByRole("button", { name: "Close" }).click();
      await page.evaluate(() => localStorage.setItem("likeness.keep", "off")); // an empty page, but for the sets
      await page.reload();
      await expect(bar(page).getByRole("status")).toHaveText(/3 of 4 photos are done/, LONG);
      await page.getByText(/megapixels\./).scrollIntoViewIfNeeded();
      await expect(page.getByText(/megapixels\./)).toBeInViewport({ ratio: 0.99 });
      await look("again");
      await removeAll(page);
      expect(faults).toEqual([]);
    });
  });
}
