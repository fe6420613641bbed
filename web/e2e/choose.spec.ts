import { BASE, KEYS } from "./servers";
import { expect, test } from "./test";
import { photo, sizeOf } from "./workbench";

test("a chosen photo is shown at once, before anything is sent", async ({ page, workbench, sent }) => {
  await workbench.open();
  const choosing = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose photos" }).click();
  const chooser = await choosing;
  expect(chooser.isMultiple()).toBe(true);
  await chooser.setFiles(photo("portrait.jpg"));

  await expect(page.getByRole("img", { name: "portrait.jpg, as it is now" })).toBeVisible();
  await expect(workbench.restore).toBeEnabled();
  expect(sent).toEqual([]);
});

test("dropped photos become a list", async ({ page, workbench }) => {
  await workbench.open();
  const dataTransfer = await workbench.files("portrait.jpg", "second.png");
  const main = page.getByRole("main");
  await expect(async () => {
    await main.dispatchEvent("dragover", { dataTransfer }); // browsers repeat it during a drag
    await expect(page.getByText("Drop to add")).toBeVisible({ timeout: 300 });
  }).toPass();
  await main.dispatchEvent("drop", { dataTransfer });

  await expect(page.getByText("Drop to add")).toBeHidden();
  await expect(workbench.photos).toHaveCount(2);
  await expect(page.getByRole("img", { name: "portrait.jpg, as it is now" })).toBeVisible();
});

test("a picture can be pasted", async ({ page, context, workbench }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await workbench.open();
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(80, 60);
    canvas.getContext("2d")!.fillRect(0, 0, 40, 30);
    const blob = await canvas.convertToBlob({ type: "image/png" });
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
  });
  await page.keyboard.press("ControlOrMeta+V");

  await expect(workbench.photos).toHaveCount(1);
  await expect(page.getByRole("img", { name: /as it is now/ })).toBeVisible();
});

test("a picture can be taken with a camera", async ({ page, workbench }) => {
  await workbench.open();
  await page.getByRole("button", { name: "Take a picture" }).click();
  const dialog = page.getByRole("dialog", { name: "Take a picture" });
  await expect(dialog.getByLabel("What the camera sees")).toHaveJSProperty("paused", false);
  await expect
    .poll(() => dialog.getByLabel("What the camera sees").evaluate((video) => (video as HTMLVideoElement).videoWidth))
    .toBeGreaterThan(0);
  await dialog.getByRole("button", { name: "Take picture" }).click();

  await expect(dialog).toBeHidden();
  const picture = page.getByRole("img", { name: /^camera-.*\.jpg, as it is now$/ });
  await expect(picture).toBeVisible();
  expect((await sizeOf(picture))[0]).toBeGreaterThan(0);
});

test("the camera is stopped when no picture is taken", async ({ page, workbench }) => {
  await workbench.open();
  await page.getByRole("button", { name: "Take a picture" }).click();
  const dialog = page.getByRole("dialog", { name: "Take a picture" });
  await expect(dialog.getByRole("button", { name: "Take picture" })).toBeEnabled();
  const video = await dialog.getByLabel("What the camera sees").elementHandle();
  const stream = await video!.evaluateHandle((element) => (element as HTMLVideoElement).srcObject as MediaStream);
  await page.keyboard.press("Escape");

  await expect(dialog).toBeHidden();
  expect(await stream.evaluate((opened) => opened.getTracks().map((track) => track.readyState))).toEqual(["ended"]);
});

test("photos can be selected, removed and restored together", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg", "second.png");
  const strip = page.getByRole("navigation", { name: "Photos" });
  await strip.getByRole("button", { name: "second.png, new" }).click();
  await expect(page.getByRole("img", { name: "second.png, as it is now" })).toBeVisible();

  await page.getByRole("button", { name: "Restore all 2" }).click();
  await expect(strip.getByRole("button", { name: "portrait.jpg, done" })).toBeVisible({ timeout: 45_000 });
  await expect(strip.getByRole("button", { name: "second.png, done" })).toBeVisible({ timeout: 45_000 });

  await strip.getByRole("button", { name: "Remove second.png" }).click();
  await expect(workbench.photos).toHaveCount(1);
  await expect(page.getByRole("img", { name: "portrait.jpg after" })).toBeVisible();
  await strip.getByRole("button", { name: "Remove portrait.jpg" }).click();
  await expect(page.getByRole("heading", { name: "Drop a photo here" })).toBeVisible();
});

test("a photo is upright in the preview and in the result", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("turned.jpg");
  expect(await sizeOf(page.getByRole("img", { name: "turned.jpg, as it is now" }))).toEqual([320, 400]);

  await workbench.restore.click();
  await workbench.done();
  expect(await sizeOf(workbench.after)).toEqual([640, 800]);
  await expect(workbench.card(1)).toBeVisible(); // the detector would not find a face that lies on its side
});

const REFUSED = [
  ["note.jpg", "Only these are accepted: PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF, HEIC."],
  ["film.heic", "Only these are accepted: PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF, HEIC."],
  ["empty.jpg", "This file is empty."],
  ["vast.png", "This photo has 30 megapixels; the server accepts at most 25."],
] as const;

for (const [name, words] of REFUSED) {
  test(`${name} is refused with a reason and not sent`, async ({ page, workbench, sent }) => {
    await workbench.open();
    await workbench.choose(name);
    await expect(page.getByRole("main")).toContainText(words);
    await expect(page.getByRole("button", { name: `${name}, refused` })).toBeVisible();
    await expect(workbench.restore).toHaveCount(0);
    expect(sent).toEqual([]);
  });
}

test("among several photos only the accepted ones are sent and restored", async ({ page, workbench, sent }) => {
  await workbench.open();
  await workbench.choose("note.jpg", "portrait.jpg");
  await expect(page.getByRole("img", { name: "portrait.jpg, as it is now" })).toBeVisible();
  await workbench.restore.click();
  await workbench.done();
  expect(sent).toHaveLength(1);
});

test("a photo that would become too large cannot be restored until a smaller size is chosen", async ({
  page,
  workbench,
  sent,
}) => {
  await workbench.open();
  await workbench.choose("second.png");
  await page.getByRole("radio", { name: "×4" }).check({ force: true });
  await expect(workbench.restore).toBeEnabled();
  await workbench.choose("wide.png");
  await expect(page.getByRole("radio", { name: "×8" })).toBeDisabled();
  await expect(workbench.problem("the server makes at most 100. Choose a smaller size.")).toBeVisible();
  await expect(workbench.restore).toBeDisabled();
  await page.getByRole("radio", { name: "×2" }).check({ force: true });
  await expect(workbench.restore).toBeEnabled();
  expect(sent).toEqual([]);
});

test.describe("with low limits of the server", () => {
  test.use({ baseURL: BASE.strict });

  test("a file that is too large is not sent", async ({ page, workbench, sent }) => {
    await page.addInitScript((key) => sessionStorage.setItem("likeness.key", key), KEYS[0]!);
    await workbench.open();
    const buffer = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(1.5 * 2 ** 20 - 3)]);
    await page.getByLabel("Photos to add").setInputFiles({ name: "scan.jpg", mimeType: "image/jpeg", buffer });
    await expect(page.getByRole("main")).toContainText("This file has 1.5 MB; the server accepts at most 1 MB.");
    expect(sent).toEqual([]);
  });
});
