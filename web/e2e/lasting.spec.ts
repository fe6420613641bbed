/** Photos and results that this browser keeps. */
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { readFile } from "node:fs/promises";
import { expect, test } from "./test";
import { photo, rowsKept, Workbench } from "./workbench";

const dialog = (page: Page) => page.getByRole("dialog", { name: "Kept in this browser" });
const welcome = (page: Page) => page.getByRole("heading", { name: "Drop a photo here" });

async function show(page: Page): Promise<Locator> {
  await page.getByRole("button", { name: /ept in this browser$/ }).click();
  await expect(dialog(page)).toBeVisible();
  return dialog(page);
}

async function turn(page: Page, isOn: boolean): Promise<void> {
  const setting = await show(page);
  await setting.getByRole("checkbox", { name: "Keep photos and results" }).setChecked(isOn);
  await setting.getByRole("button", { name: "Close", exact: true }).click();
}

const kept = (page: Page, photos: number, results: number) => new Workbench(page).kept(photos, results);

async function downloaded(workbench: Workbench): Promise<Buffer> {
  const [download] = await Promise.all([workbench.page.waitForEvent("download"), workbench.download.click()]);
  return readFile(await download.path());
}

/** Leaves the page, and tells whether the browser asked; then the person stays. */
async function asksToLeave(page: Page): Promise<boolean> {
  const asked = page.waitForEvent("dialog", { timeout: 5000 }).then(
    async (question) => {
      expect(question.type()).toBe("beforeunload");
      await question.dismiss();
      return true;
    },
    () => false,
  );
  await page.close({ runBeforeUnload: true });
  return asked;
}

test("a photo, its settings and its results are back after a reload", async ({ page, workbench, sent }) => {
  await workbench.open();
  await workbench.restored();
  await workbench.mark(1).click();
  await workbench.card(1).getByRole("button", { name: "Do not restore" }).click();
  await workbench.restoreAgain.click();
  await workbench.done();
  const bytes = await downloaded(workbench);
  await workbench.choose("second.png");
  await page.getByRole("button", { name: "portrait.jpg, done" }).click();
  await kept(page, 2, 2);

  await page.reload();
  await expect(workbench.photos).toHaveCount(2);
  await expect(page.getByRole("button", { name: "portrait.jpg, done" })).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByRole("button", { name: "second.png, new" })).toBeVisible();
  await expect(workbench.line).toBeVisible();
  await expect(workbench.before).toBeVisible();
  const line = await workbench.valueOfLine();
  await workbench.line.press("ArrowRight");
  expect(await workbench.valueOfLine()).toBeGreaterThan(line);
  await page.getByRole("button", { name: "Results of this photo" }).click();
  await page.getByLabel("Left side").selectOption({ index: 1 });
  await expect(page.getByRole("img", { name: "portrait.jpg result 1" })).toBeVisible();
  await page.keyboard.press("Escape");
  expect((await downloaded(workbench)).equals(bytes)).toBe(true);
  expect(sent).toHaveLength(2);

  await page.getByRole("button", { name: "second.png, new" }).click();
  await workbench.restore.click(); // its file can still be sent
  await workbench.done();
  expect(sent).toHaveLength(3);
});

test("a photo that was removed stays away", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg", "second.png");
  await kept(page, 2, 0);
  await page.getByRole("button", { name: "Remove portrait.jpg" }).click();
  await kept(page, 1, 0);
  await page.reload();
  await expect(workbench.photos).toHaveCount(1);
  await expect(page.getByRole("button", { name: "second.png, new" })).toBeVisible();
});

test("turned off, nothing is kept, and what was kept is deleted at once", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.restored();
  await kept(page, 1, 1);
  await turn(page, false);
  await expect(page.getByRole("button", { name: "Not kept in this browser" })).toBeVisible();
  await kept(page, 0, 0);
  await workbench.choose("second.png");
  await page.getByRole("button", { name: "portrait.jpg, done" }).click();
  await expect(workbench.line).toBeVisible();
  expect((await downloaded(workbench)).length).toBeGreaterThan(1000); // the page still has it
  expect(await asksToLeave(page)).toBe(true);

  await page.reload();
  await expect(welcome(page)).toBeVisible();
  await expect(page.getByText(/megapixels\./)).toBeVisible();
  await expect(page.getByRole("button", { name: "Not kept in this browser" })).toBeVisible();
  await kept(page, 0, 0);

  await workbench.choose("second.png");
  await turn(page, true);
  await kept(page, 1, 0);
  await page.reload();
  await expect(workbench.photos).toHaveCount(1);
});

test("all is deleted, in all tabs", async ({ page, context, workbench }) => {
  await workbench.open();
  await workbench.restored();
  await kept(page, 1, 1);
  const other = new Workbench(await context.newPage());
  await other.open();
  await other.choose("second.png");
  await kept(page, 2, 1);
  const setting = await show(page);
  await expect(setting.getByText(/^[\d.]+ MB on this computer’s disk/)).toBeVisible();
  await setting.getByRole("button", { name: "Delete all" }).click();
  await setting.getByRole("button", { name: "Delete them" }).click();
  await expect(setting.getByText("Nothing is kept now.")).toBeVisible();
  await setting.getByRole("button", { name: "Close", exact: true }).click();
  await expect(welcome(page)).toBeVisible();
  await expect(welcome(other.page)).toBeVisible();
  expect(await rowsKept(page)).toEqual({ sessions: 0, photos: 0, files: 0, results: 0 });
  await workbench.choose("portrait.jpg"); // and the next photo is kept
  await kept(page, 1, 0);
});

test("each tab has its own photos, and a new tab those of closed ones", async ({ page, context, workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await kept(page, 1, 0);
  const other = new Workbench(await context.newPage());
  await other.open();
  await expect(welcome(other.page)).toBeVisible();
  await other.choose("second.png", "turned.jpg");
  await kept(page, 3, 0);
  for (const [one, count] of [
    [workbench, 1],
    [other, 2],
    [workbench, 1],
  ] as const) {
    await one.page.reload();
    await expect(one.photos).toHaveCount(count);
  }
  await page.getByRole("button", { name: "Remove portrait.jpg" }).click();
  await kept(page, 2, 0);
  await workbench.choose("pair.png");
  await kept(page, 3, 0);

  const last = new Workbench(await context.newPage());
  await last.open();
  await page.close();
  await other.page.close();
  await last.page.reload();
  await expect(last.photos).toHaveCount(3);
  await last.page.reload();
  await expect(last.photos).toHaveCount(3);
});

test("leaving asks while work is under way, and not before or after", async ({ page, workbench, service }) => {
  await workbench.open();
  await workbench.choose("large.jpg");
  await kept(page, 1, 0);
  await workbench.restore.click();
  await expect(workbench.progress).toBeVisible();
  expect(await asksToLeave(page)).toBe(true);
  await expect(workbench.progress).toBeVisible();
  await page.reload(); // which Playwright allows
  await expect(workbench.restore).toBeVisible(); // idle again
  await service.idle();
  await workbench.restored("portrait.jpg");
  await kept(page, 2, 1);
  const closed = page.waitForEvent("close");
  expect(await Promise.race([asksToLeave(page), closed.then(() => false)])).toBe(false);
});

test("sliding and typing write nothing until they rest", async ({ page, workbench }) => {
  await page.addInitScript(() => {
    const { put } = IDBObjectStore.prototype;
    const puts: string[] = [];
    Object.assign(window, { puts });
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...values: Parameters<typeof put>) {
      puts.push(this.name);
      return put.apply(this, values);
    };
  });
  const puts = () => page.evaluate(() => (window as unknown as { puts: string[] }).puts.splice(0));
  await workbench.open();
  await workbench.restored();
  await kept(page, 1, 1);
  await puts();
  await workbench.unfoldOptions();
  await page.getByRole("slider", { name: "Face strength" }).press("ArrowLeft");
  await page.getByRole("slider", { name: "Face strength" }).press("ArrowLeft");
  for (let times = 0; times < 5; times += 1) await workbench.line.press("ArrowRight");
  await page.waitForTimeout(1000);
  expect(await puts()).toEqual([]);
  await workbench.mark(1).click();
  await workbench.card(1).getByRole("button", { name: "Do not restore" }).click();
  await expect.poll(puts).toEqual(["photos"]); // neither its file nor its result again
});

test("a full disk is told, and the page goes on", async ({ page, workbench }) => {
  // Stands for a disk that is full for whatever is large; Chromium's override of the quota has no effect in tests.
  await page.addInitScript(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...values: Parameters<typeof put>) {
      if ("isFull" in window && this.name === "results") throw new DOMException("full", "QuotaExceededError");
      return put.apply(this, values);
    };
  });
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await kept(page, 1, 0);
  await page.evaluate(() => Object.assign(window, { isFull: true }));
  await workbench.restore.click();
  await workbench.done();
  await expect(page.getByText(/The space that this browser gives this page is used up/)).toBeVisible();
  await expect(workbench.line).toBeVisible();
  expect(await asksToLeave(page)).toBe(true); // the result is not kept
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await workbench.choose("second.png");
  await kept(page, 2, 0);
  await page.evaluate(() => Reflect.deleteProperty(window, "isFull"));
  await page.getByRole("button", { name: "Remove second.png" }).click();
  await kept(page, 1, 1); // there was room again
  await page.reload();
  await expect(workbench.line).toBeVisible();
});

test("a browser without a database restores photos all the same", async ({ page, workbench }) => {
  await page.addInitScript(() => Object.defineProperty(window, "indexedDB", { value: undefined }));
  await workbench.open();
  await workbench.restored();
  await expect(page.getByText(/This browser keeps nothing for this page/)).toBeVisible();
  expect(await asksToLeave(page)).toBe(true);
});

test("rows that cannot be read are dropped with a sentence", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg", "second.png");
  await kept(page, 2, 0);
  await page.goto("/licences.txt");
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open("likeness");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const change = opening.result.transaction("files", "readwrite");
          const asked = change.objectStore("files").getAllKeys();
          asked.onsuccess = () => change.objectStore("files").delete(asked.result[0]!);
          change.oncomplete = () => resolve(opening.result.close());
        };
      }),
  );
  await page.goto("/");
  await expect(workbench.photos).toHaveCount(1);
  await expect(page.getByText("A photo or result of your last visit could not be read any more.")).toBeVisible();
  await kept(page, 1, 0);
});

test("twenty photos are back", async ({ page, workbench }) => {
  await workbench.open();
  const names = Array.from({ length: 20 }, (_, index) => `photo-${index + 1}.jpg`);
  const buffer = await readFile(photo("portrait.jpg"));
  await page.getByLabel("Photos to add").setInputFiles(names.map((name) => ({ name, mimeType: "image/jpeg", buffer })));
  await expect(workbench.photos).toHaveCount(20);
  await kept(page, 20, 0);
  await page.reload();
  await expect(workbench.photos).toHaveCount(20);
  const shown = await workbench.photos.getByRole("button", { name: /, new$/ }).evaluateAll((buttons) => {
    return buttons.map((button) => button.getAttribute("title"));
  });
  expect(shown).toEqual(names);
});

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

for (const { width, height, colorScheme } of [
  { width: 320, height: 640, colorScheme: "dark" },
  { width: 390, height: 844, colorScheme: "light" },
  { width: 1440, height: 900, colorScheme: "dark" },
] as const) {
  const isPhone = width < 900;
  test.describe(`${width} pixels wide`, () => {
    test.use({ viewport: { width, height }, colorScheme, hasTouch: isPhone, isMobile: isPhone });

    test("the setting is accessible and fits the width", async ({ page, workbench }) => {
      const faults: string[] = [];
      const look = async (screen: string) => {
        await page.screenshot({ path: `screenshots/lasting-${screen}-${width}.png` });
        const sideways = (await page.evaluate(() => document.documentElement.scrollWidth)) - width;
        if (sideways > 0) faults.push(`${screen}: ${sideways} px beyond the side`);
        const { violations } = await new AxeBuilder({ page }).withTags(TAGS).setLegacyMode().analyze();
        for (const { id, nodes } of violations) faults.push(`${screen}: ${id}: ${nodes[0]?.html.slice(0, 200)}`);
      };
      await workbench.open();
      await look("welcome");
      await workbench.choose("portrait.jpg");
      await workbench.found("1 face found");
      await kept(page, 1, 0);
      await page.getByRole("button", { name: "Kept in this browser" }).scrollIntoViewIfNeeded();
      await look("panel");
      const setting = await show(page);
      await expect(setting.getByRole("button", { name: "Delete all" })).toBeVisible();
      await look("dialog");
      if (isPhone) {
        for (const button of await setting.getByRole("button").all()) {
          expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
        }
      }
      await setting.getByRole("button", { name: "Delete all" }).click();
      await look("question");
      expect(faults).toEqual([]);
    });
  });
}
