/** Two restorers, whatever this server offers: its answers are made beforehand, and given under both names. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import type { Answer } from "./service";
import { expect, test } from "./test";
import { box, photo } from "./workbench";

const FIRST = "portrait-face";
const SECOND = "compact-face";
const CHOICE = `Sharpen and clean ${SECOND}`;

/** Makes the page's server offer both. The second answers with a face that it did not change. Returns what was asked for. */
async function offerBoth(page: Page, [first, second]: [Answer, Answer]): Promise<string[]> {
  const asked: string[] = [];
  await page.route("**/api/v1/config", async (route) => {
    const answer = await route.fetch();
    const config = await answer.json();
    config.choices.restorer = [FIRST, SECOND];
    await route.fulfill({ response: answer, json: config });
  });
  await page.route("**/api/v1/enhance", async (route) => {
    const form = route.request().postDataBuffer()?.toString("latin1") ?? "";
    const restorer = /name="restorer"\s+(\S+)/.exec(form)?.[1] ?? FIRST;
    asked.push(restorer);
    await route.fulfill({ json: restorer === SECOND ? second : first });
  });
  return asked;
}

test.beforeEach(async ({ page, workbench, service }) => {
  const first = await service.enhance(photo("portrait.jpg"));
  const second = await service.enhance(photo("portrait.jpg"), { strength: "0" });
  first.data.models.restorer = FIRST;
  second.data.models.restorer = SECOND;
  Object.assign(first.data.faces[0]!, { blur: 1.24 });
  Object.assign(second.data.faces[0]!, { blur: 1.24, action: "unchanged", strength: 0, reason: "Nothing to mend." });
  const asked = await offerBoth(page, [first, second]);
  await workbench.open();
  await workbench.restored();
  await workbench.unfoldOptions();
  await page.getByRole("radio", { name: CHOICE }).check({ force: true });
  await workbench.restoreAgain.click();
  await expect(workbench.card(1)).toContainText("Nothing found to restore");
  await workbench.done();
  expect(asked).toEqual([FIRST, SECOND]);
});

test("another restorer is chosen, and its result is compared with the earlier one", async ({ page, workbench }) => {
  const [left, right] = [page.getByLabel("Left side"), page.getByLabel("Right side")];
  await expect(workbench.card(1)).toContainText("Nothing to mend.");
  await expect(workbench.card(1)).toContainText("Was slightly blurred · 1.2 px");
  await expect(workbench.before).toBeVisible();
  const versions = page.getByRole("button", { name: "Results of this photo" });
  await versions.click();
  await expect(left).toHaveValue("before");

  await left.selectOption({ index: 1 });
  await expect(left.getByRole("option", { name: /^result 1 · / })).toBeAttached();
  const earlier = page.getByRole("img", { name: "portrait.jpg result 1" });
  await expect(earlier).toBeVisible();
  await expect(workbench.before).toHaveCount(0);
  expect(await box(earlier)).toEqual(await box(workbench.after));
  expect(await earlier.getAttribute("src")).not.toBe(await workbench.after.getAttribute("src"));

  await right.selectOption({ index: 1 }); // which is on the left: the sides are swapped
  await expect(left).toHaveValue("after");
  await right.focus();
  await page.keyboard.press("ArrowUp");
  await expect(right).toHaveValue("before");

  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Faces 1" }).click();
  await expect(page.getByRole("img", { name: "Face 1 before" })).toBeVisible();
  await versions.click();
  await right.selectOption({ index: 1 });
  await expect(page.getByRole("img", { name: "Face 1 result 1" })).toBeVisible();
  await expect(page.getByRole("img", { name: "Face 1 before" })).toHaveCount(0);
});

test("the restorer is kept after a reload, with the other options", async ({ page, workbench }) => {
  await page.reload();
  await workbench.unfoldOptions(); // of the photo, which is kept too
  await expect(page.getByRole("radio", { name: CHOICE })).toBeChecked();
});

for (const colorScheme of ["dark", "light"] as const) {
  test.describe(`${colorScheme} on a phone`, () => {
    test.use({ colorScheme, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

    test("the choices are accessible and fit the width", async ({ page, workbench }) => {
      await workbench.unfoldOptions();
      for (const view of ["Picture", "Faces 1"]) {
        await page.getByRole("button", { name: view, exact: true }).click();
        await page.getByRole("button", { name: "Results of this photo" }).click();
        await page.getByLabel("Left side").selectOption({ index: 1 });
        await expect(page.getByLabel("Right side")).toBeVisible();
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
        // Legacy mode opens no extra page to merge the results of frames; this page has no frames.
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
        expect(violations).toEqual([]);
        await page.keyboard.press("Escape");
      }
    });
  });
}
