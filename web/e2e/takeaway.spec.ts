/** What is done with results: download, copy, share, all as one ZIP. */
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { PYTHON } from "./servers";
import { expect, test } from "./test";
import { box } from "./workbench";

const FORMATS = [
  ["PNG", "portrait-likeness.png", "\x89PNG"],
  ["JPEG", "portrait-likeness.jpg", "\xff\xd8\xff"],
  ["WebP", "portrait-likeness.webp", "RIFF"],
] as const;

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** Chooses the format of the file. The options are closed since the first result. */
async function chooseFormat(page: Page, format: string): Promise<void> {
  const radio = page.getByRole("radio", { name: format, exact: true });
  if (!(await radio.isVisible())) await page.getByRole("heading", { name: "File", exact: true }).click();
  await radio.check({ force: true });
}

test("the picture is downloaded in the chosen format, named after the original", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  for (const [format, name, signature] of FORMATS) {
    if (format === "JPEG") await workbench.unfoldOptions(); // closed since the first result
    await chooseFormat(page, format);
    await page.getByRole("button", { name: /^Restore/ }).click();
    await workbench.done();
    await expect(workbench.download).toHaveAttribute("download", name);
    const [download] = await Promise.all([page.waitForEvent("download"), workbench.download.click()]);
    expect(download.suggestedFilename()).toBe(name);

    const file = await readFile(await download.path());
    expect(file.toString("latin1").startsWith(signature)).toBe(true);
    const size = await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const { width, height } = await createImageBitmap(new Blob([bytes]));
      return [width, height];
    }, file.toString("base64"));
    expect(size).toEqual([512, 512]);
  }
});

test("a name by a pattern of the person is shown, used and remembered", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.restored();
  await button(page, "More").click();
  await page.getByLabel("Names of files").fill("Oma: {name} {size}");
  await page.getByRole("button", { name: "Enlargement" }).click();
  const name = "Oma_ portrait 512x512x2.png";
  await expect(page.getByText(`This one: ${name}`)).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent("download"), workbench.download.click()]);
  expect(download.suggestedFilename()).toBe(name);
  await page.reload();
  await workbench.restored("second.png");
  await expect(workbench.download).toHaveAttribute("download", /^Oma_ second \d+x\d+x2\.png$/);
});

test("the picture is copied as PNG, pixel by pixel, whatever its format", async ({ page, context, workbench }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await workbench.unfoldFile();
  await chooseFormat(page, "WebP");
  await workbench.restore.click();
  await workbench.done();
  await button(page, "Copy picture").click();
  await expect(page.getByText("The picture is copied.")).toBeVisible();
  const [types, difference] = await workbench.after.evaluate(async (element) => {
    const [item] = await navigator.clipboard.read();
    const copied = await createImageBitmap(await item!.getType("image/png"));
    const shown = await createImageBitmap(element as HTMLImageElement);
    const pixels = (image: ImageBitmap) => {
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d")!;
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height).data;
    };
    const [one, other] = [pixels(copied), pixels(shown)];
    const most = one.reduce((worst, value, index) => Math.max(worst, Math.abs(value - other[index]!)), 0);
    return [item!.types, one.length === other.length ? most : "another size"] as const;
  });
  expect(types).toEqual(["image/png"]);
  expect(difference).toBe(0);
});

test("the figures are copied as JSON, without the picture", async ({ page, context, workbench }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await workbench.open();
  await workbench.restored();
  await button(page, "More").click();
  await button(page, "Copy the figures as JSON").click();
  await expect(page.getByText("The figures are copied.")).toBeVisible();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(copied.status).toBe("success");
  expect(copied.data.faces).toHaveLength(1);
  expect(copied.data).not.toHaveProperty("restored_image");
});

test("without HTTPS the page says why it cannot copy", async ({ page, workbench }) => {
  // As on an address of plain HTTP in the local network, where browsers have no clipboard.
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined }));
  await workbench.open();
  await workbench.restored();
  await button(page, "Copy picture").click();
  await expect(page.getByText(/Copying needs HTTPS/)).toBeVisible();
});

/** What was shared, by the stub. */
type Shared = { shared: { name: string; type: string; size: number }[] };

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("the file is shared, and all buttons are large enough for fingers", async ({ page, workbench }) => {
    await page.addInitScript(() => {
      (window as unknown as Shared).shared = [];
      const share = async ({ files = [] }: ShareData) => {
        for (const { name, type, size } of files) (window as unknown as Shared).shared.push({ name, type, size });
      };
      Object.assign(Navigator.prototype, { canShare: ({ files }: ShareData) => files?.length === 1, share });
    });
    await workbench.open();
    await workbench.restored();
    await button(page, "Share").click();
    const shared = await page.evaluate(() => (window as unknown as Shared).shared);
    expect(shared).toEqual([{ name: "portrait-likeness.png", type: "image/png", size: expect.any(Number) }]);
    expect(shared[0]!.size).toBeGreaterThan(10_000);

    await button(page, "More").click();
    await expect(page.getByLabel("Names of files")).toBeVisible();
    const bar = page.getByRole("region", { name: "Next step" });
    for (const target of await bar.locator("button, a, input").all()) {
      const { width, height } = await box(target);
      expect([width >= 44, height >= 44], await target.innerText()).toEqual([true, true]);
    }
    await button(page, "More").click();
    expect((await box(bar)).height).toBeLessThan(130);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });
});

/** Reads a ZIP by Python: its names in their order, and of each picture format and size. */
function contentsOf(path: string): unknown {
  const script =
    "import io, json, sys, zipfile; from PIL import Image; archive = zipfile.ZipFile(sys.argv[1]); " +
    "assert archive.testzip() is None; " +
    "print(json.dumps([(name, *(lambda picture: (picture.format, *picture.size))" +
    "(Image.open(io.BytesIO(archive.read(name))))) for name in archive.namelist()]))";
  return JSON.parse(execFileSync(PYTHON, ["-c", script, path], { encoding: "utf8" }));
}

/** Restores two photos of one name and another one. */
async function threeResults({ page, workbench }: { page: Page; workbench: import("./workbench").Workbench }) {
  await workbench.open();
  await workbench.choose("portrait.jpg", "second.png");
  await workbench.choose("portrait.jpg");
  await button(page, "Restore all 3").click();
  await expect(page.getByRole("button", { name: /, done$/ })).toHaveCount(3, { timeout: 90_000 });
}

const ZIP = [
  ["portrait-likeness.png", "PNG", 512, 512],
  ["second-likeness.png", "PNG", expect.any(Number), expect.any(Number)],
  ["portrait-likeness (2).png", "PNG", 512, 512],
];

test("all results are one ZIP, with names that differ", async ({ page, workbench }) => {
  await threeResults({ page, workbench });
  await expect(page.getByText(/^ZIP of 3 pictures, [\d.]+ (kB|MB)$/)).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download all as ZIP").click()]);
  expect(download.suggestedFilename()).toMatch(/^likeness-\d{4}-\d\d-\d\d\.zip$/);
  await expect(page.getByText("The ZIP is saved.")).toBeVisible();
  expect(contentsOf(await download.path())).toEqual(ZIP);
});
