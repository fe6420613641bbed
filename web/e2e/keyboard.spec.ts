import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./test";

const MAX_STEPS = 90; // more than the page has focusable elements

/** Moves the focus to an element with the Tab key. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible({ timeout: 45_000 });
  for (let step = 0; step < MAX_STEPS; step += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("The Tab key does not reach the element.");
}

test("from the sample to the download with the keyboard alone", async ({ page, workbench }) => {
  await workbench.open();
  await tabTo(page, page.getByRole("button", { name: "Try it with this photo" }));
  await page.keyboard.press("Enter");

  await tabTo(page, page.getByRole("radio", { name: "×2" }));
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("radio", { name: "×4" })).toBeChecked();
  await page.keyboard.press("ArrowLeft");
  await tabTo(page, page.getByLabel("Correct the colours"));
  await page.keyboard.press("Space");
  await expect(page.getByLabel("Correct the colours")).toBeChecked();

  await tabTo(page, workbench.restore);
  await page.keyboard.press("Enter");
  await workbench.done();

  await tabTo(page, workbench.line);
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => workbench.valueOfLine()).toBeGreaterThan(50);
  await tabTo(page, workbench.viewer);
  await page.keyboard.press("1");
  await expect(workbench.zoom).toHaveText("100 %");

  await tabTo(page, workbench.card(1).getByRole("button").first());
  await page.keyboard.press("Space");
  await tabTo(page, workbench.card(1).getByRole("button", { name: "Do not restore" }));
  await page.keyboard.press("Space");
  await tabTo(page, workbench.restoreAgain);
  await page.keyboard.press("Enter");
  await expect(workbench.card(1)).toContainText("Not restored", { timeout: 45_000 });
  await workbench.done();

  await tabTo(page, workbench.download);
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  expect(download.suggestedFilename()).toBe("sample-likeness.png");
});

test("the focus is visible", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await tabTo(page, workbench.restore);
  const outline = await workbench.restore.evaluate((element) => getComputedStyle(element).outlineStyle);
  expect(outline).not.toBe("none");
});
