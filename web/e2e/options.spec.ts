/** Ways to begin, own settings and print: what is chosen, what is sent, and what is remembered. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { readFile } from "node:fs/promises";
import { expect, test } from "./test";
import { sizeOf } from "./workbench";

const radio = (page: Page, name: string) => page.getByRole("radio", { name, exact: true });
/** By key, because on a phone the buttons for the next step may cover it. */
const choose = (page: Page, name: string) => radio(page, name).press("Space");

/** The strength is sent with every photo; what else a way sends. */
const WAYS = [
  ["Old photo", { strength: "1", color_correction: "auto", identity_policy: "warn", require_face: "true" }],
  ["Sharper", { strength: "0.65", identity_policy: "protect", restorer: "portrait-face", color_correction: "none" }],
  ["Larger", { strength: "0", color_correction: "none", identity_policy: "warn", require_face: "false" }],
] as const;

for (const [name, fields] of WAYS) {
  test(`${name} sends the fields of its preset, and gives the same picture`, async ({ page, workbench, service }) => {
    await workbench.open("/", { firstVisit: true });
    await workbench.choose("portrait.jpg");
    await choose(page, name);
    await expect(page.getByRole("slider", { name: "Face strength" })).toHaveCount(0);
    const sent = await workbench.restoredFields();
    expect(sent).toMatchObject({ ...fields, upscale_factor: "2", faces: "all" });
    expect(Object.keys(sent)).not.toContain("preset");
    const preset = name.toLowerCase().replace(" ", "_");
    const { data } = await service.enhance("public/sample.jpg", { preset });
    const [download] = await Promise.all([page.waitForEvent("download"), workbench.download.click()]);
    const shown = (await readFile(await download.path())).toString("base64");
    expect(shown === data.restored_image).toBe(true);
    await expect(page.getByText(`${name} · ×2 · PNG`)).toBeVisible();
  });
}

test("a first visit begins with an old photo, and a chosen way is remembered", async ({ page, workbench }) => {
  await workbench.open("/", { firstVisit: true });
  await workbench.choose("portrait.jpg");
  await expect(radio(page, "Old photo")).toBeChecked();
  await choose(page, "Sharper");
  await page.reload();
  await workbench.choose("portrait.jpg");
  await expect(radio(page, "Sharper")).toBeChecked();
});

test("the pictures of the ways are shown", async ({ page, workbench }) => {
  await workbench.open("/", { firstVisit: true });
  await workbench.choose("portrait.jpg");
  for (const words of [/^A faded, grainy portrait/, /^A soft portrait/, /^A small portrait/]) {
    expect(await sizeOf(page.getByRole("img", { name: words }))).toEqual([160, 80]);
  }
});

test("a changed control makes it own settings, which are sent and remembered", async ({ page, workbench }) => {
  await workbench.open("/", { firstVisit: true });
  await workbench.choose("portrait.jpg");
  await choose(page, "Own settings");
  await expect(page.getByLabel("Correct the colours")).toBeChecked(); // as the way had it
  await choose(page, "Only enlarge");
  await page.getByLabel("Keep the skin colour").uncheck();
  await choose(page, "Sharpen and clean compact-face");
  const fields = await workbench.restoredFields();
  expect(fields).toMatchObject({
    background: "resample",
    color_lock: "false",
    restorer: "compact-face",
    color_correction: "auto",
  });
  await page.reload();
  await workbench.choose("portrait.jpg");
  await expect(radio(page, "Own settings")).toBeChecked();
  await expect(radio(page, "Only enlarge")).toBeChecked();
});

test("the grain of an old photo is kept", async ({ page, workbench }) => {
  await workbench.open("/", { firstVisit: true });
  await workbench.choose("portrait.jpg");
  await page.getByLabel("Keep the grain").check();
  const fields = await workbench.restoredFields();
  expect(fields).toMatchObject({ background: "resample", color_correction: "auto" });
  await expect(page.getByText("Old photo · ×2 · grain kept · PNG")).toBeVisible();
});

test("a landscape is enlarged without a face", async ({ page, workbench }) => {
  await workbench.open("/", { firstVisit: true });
  await workbench.choose("landscape.jpg");
  await choose(page, "Larger");
  await workbench.restore.click();
  await workbench.done();
  expect(await sizeOf(workbench.after)).toEqual([640, 480]);
});

test.describe("for print", () => {
  test.use({ locale: "de-DE" });

  test("a width in centimetres is sent as pixels, with what the photo gives", async ({ page, workbench }) => {
    await page.addInitScript(() => localStorage.setItem("likeness.language", "en"));
    await workbench.open();
    await workbench.choose("portrait.jpg"); // 256 × 256
    await choose(page, "For print");
    await expect(page.getByText("Without enlarging, this photo gives 2.2 cm at 300 dpi.")).toBeVisible();
    await page.getByLabel("Length on paper").fill("5,5");
    await expect(page.getByText("This photo: 256 × 256 px → 650 × 650 px")).toBeVisible();
    await expect(page.getByText("On each side the print needs 2.5 times the photo’s pixels")).toBeVisible();
    await page.getByLabel("Dots per inch").selectOption("150 dpi");
    await expect(page.getByText("This photo: 256 × 256 px → 325 × 325 px")).toBeVisible();
    await expect(page.getByText("The print needs")).toHaveCount(0);
    const fields = await workbench.restoredFields();
    expect(fields).toMatchObject({ long_side: "325" });
    expect(fields).not.toHaveProperty("upscale_factor");
    expect(await sizeOf(workbench.after)).toEqual([325, 325]);
    await page.reload();
    await workbench.choose("portrait.jpg");
    await expect(page.getByLabel("Length on paper")).toHaveValue("5.5");
    await expect(page.getByLabel("Dots per inch")).toHaveValue("150");
  });
});

const SCREENS = [
  { name: "phone", viewport: { width: 320, height: 700 }, hasTouch: true, isMobile: true },
  { name: "desktop", viewport: { width: 1440, height: 900 }, hasTouch: false, isMobile: false },
];

for (const language of ["en", "ar"] as const) {
  for (const { name, ...device } of SCREENS) {
    test.describe(`in ${language} on a ${name}`, () => {
      test.use(device);

      test("all controls are accessible, large enough and fit the width", async ({ page, workbench }) => {
        await page.addInitScript((chosen) => localStorage.setItem("likeness.language", chosen), language);
        await page.goto("/");
        await page.locator("input[type=file]").first().setInputFiles("public/sample.jpg");
        const ways = page.locator("aside fieldset").first().getByRole("radio");
        await expect(ways).toHaveCount(4);
        await page.locator('input[value="print"]').press("Space");
        for (const way of [0, 3]) {
          await ways.nth(way).press("Space");
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(device.viewport.width);
          // Legacy mode opens no extra page to merge the results of frames; this page has no frames.
          const { violations } = await new AxeBuilder({ page }).include("aside").setLegacyMode().analyze();
          expect(violations).toEqual([]);
        }
        if (device.hasTouch) expect(await smallTargets(page)).toEqual([]);
        expect(workbench.page).toBe(page);
      });
    });
  }
}

/** The controls of the options that are lower than 44 pixels, with their label. */
function smallTargets(page: Page): Promise<string[]> {
  return page
    .locator("aside details")
    .first()
    .evaluate((panel) => {
      const controls = [...panel.querySelectorAll<HTMLElement>("input, select, summary")];
      return controls.flatMap((control) => {
        const target = control.matches("input[type=checkbox]") ? control.closest("label")! : control;
        const { height } = target.getBoundingClientRect();
        return height > 0 && height < 43.5 ? [`${control.id || target.textContent}: ${height}`] : [];
      });
    });
}
