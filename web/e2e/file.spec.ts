/** Size and file of the result: what is chosen, what is sent, and what a browser cannot show. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { readFile } from "node:fs/promises";
import { expect, test } from "./test";

const radio = (page: Page, name: string) => page.getByRole("radio", { name, exact: true });
/** By key, because on a phone the buttons for the next step may cover it. */
const choose = (page: Page, name: string) => radio(page, name).press("Space");

test.beforeEach(async ({ workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg"); // 256 × 256
});

test("the long side is chosen in pixels, smaller than the photo too, and kept after a reload", async ({
  page,
  workbench,
}) => {
  await expect(page.getByText("This photo: 256 × 256 px → 512 × 512 px")).toBeVisible();
  await choose(page, "In pixels");
  const side = page.getByLabel("Long side in pixels");
  await expect(side).toHaveValue("512");
  await side.fill("200");
  await expect(page.getByText("This photo: 256 × 256 px → 200 × 200 px")).toBeVisible();
  const fields = await workbench.restoredFields();
  expect(fields).toMatchObject({ long_side: "200" });
  expect(fields).not.toHaveProperty("upscale_factor");
  await expect(page.getByText(/200 × 200 pixels in/)).toBeVisible();

  // The mark lies on the face, whatever the size.
  const [mark, picture] = await Promise.all([workbench.mark(1).boundingBox(), workbench.after.boundingBox()]);
  expect(mark!.x).toBeGreaterThan(picture!.x);
  expect(mark!.x).toBeLessThan(picture!.x + picture!.width / 2);
  await page.getByRole("button", { name: "Faces 1" }).click();
  await expect(page.getByRole("img", { name: "Face 1 after" })).toBeVisible();

  await page.reload();
  await expect(side).toHaveValue("200");
});

test("a size that the server would refuse is not sent", async ({ page, workbench, sent }) => {
  await choose(page, "In pixels");
  const side = page.getByLabel("Long side in pixels");
  await side.fill("12000");
  await expect(workbench.problem("this photo would have 144 megapixels; the server makes at most 100.")).toBeVisible();
  await expect(workbench.restore).toBeDisabled();
  await side.fill("7");
  await expect(side).toHaveAttribute("aria-invalid", "true");
  await side.fill("1000");
  await expect(workbench.restore).toBeEnabled();
  expect(sent).toEqual([]);
});

test("a TIFF that the browser cannot show is downloaded, beside the photo", async ({ page, workbench }) => {
  await workbench.unfoldFile();
  await choose(page, "TIFF");
  await expect(page.getByText("Most browsers cannot show a TIFF file")).toBeVisible();
  await workbench.restoredFields();
  await expect(page.getByText("your browser cannot show its format. Download it to see it.")).toBeVisible();
  await expect(workbench.before).toBeVisible();
  await expect(workbench.after).toHaveCount(0);
  await expect(workbench.download).toHaveAttribute("download", "portrait-likeness.tif");
  const [download] = await Promise.all([page.waitForEvent("download"), workbench.download.click()]);
  expect((await readFile(await download.path())).subarray(0, 2).toString()).toMatch(/II|MM/);
});

test("an AVIF is shown, and sent without what it does not have", async ({ page, workbench }) => {
  await workbench.unfoldFile();
  await page.getByLabel("16 bits per colour").check();
  await choose(page, "AVIF");
  await page.getByLabel("Quality", { exact: true }).fill("60");
  const fields = await workbench.restoredFields();
  expect(fields).toMatchObject({ output_format: "avif", quality: "60" });
  expect(fields).not.toHaveProperty("bit_depth");
  await expect(workbench.after).toBeVisible();
  await expect(workbench.download).toHaveAttribute("download", "portrait-likeness.avif");
});

test("a starting point sets the controls, until one is changed", async ({ page, workbench }) => {
  await workbench.unfoldFile();
  await expect(page.getByText("Size and file as set by hand")).toBeVisible();
  await choose(page, "As the photo");
  await expect(radio(page, "×1")).toBeChecked();
  const camera = page.getByLabel("Keep camera data");
  await expect(camera).toBeChecked();
  const location = page.getByLabel("Keep the location too");
  await expect(location).not.toBeChecked();
  await location.check();
  await expect(page.getByText("Size and file as set by hand")).toBeVisible();
  await camera.uncheck();
  await expect(location).toHaveCount(0);
  await camera.check();
  await expect(location).not.toBeChecked();

  const fields = await workbench.restoredFields();
  expect(fields).toMatchObject({
    upscale_factor: "1",
    output_format: "same",
    color_profile: "keep",
    metadata: "keep",
    quality: "95",
  });
  expect(fields).not.toHaveProperty("keep_location");
  await expect(workbench.download).toHaveAttribute("download", "portrait-likeness.jpg");
});

const SCREENS = [
  { name: "phone", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  { name: "desktop", viewport: { width: 1440, height: 900 }, hasTouch: false, isMobile: false },
];

for (const colorScheme of ["dark", "light"] as const) {
  for (const { name, ...device } of SCREENS) {
    test.describe(`${colorScheme} on a ${name}`, () => {
      test.use({ colorScheme, ...device });

      test("all controls are accessible and fit the width", async ({ page, workbench }) => {
        await choose(page, "In pixels");
        await workbench.unfoldFile();
        await page.getByLabel("Keep camera data").check();
        await choose(page, "The photo’s own");
        for (const format of ["WebP", "TIFF"]) {
          await choose(page, format);
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(device.viewport.width);
          // Legacy mode opens no extra page to merge the results of frames; this page has no frames.
          const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
          expect(violations).toEqual([]);
        }
      });
    });
  }
}
