/** What the page finds out about a photo before it is restored, and the faces that a person marks. */
import type { Locator, Page } from "@playwright/test";
import { BASE } from "./servers";
import { expect, test } from "./test";
import { box, photo, sizeOf, type Workbench } from "./workbench";

type Box = [x0: number, y0: number, x1: number, y1: number];

/** The faces of pair.png; the first is too dark to be found by itself. */
const DARK: Box = [108, 30, 172, 114];

const before = (page: Page) => page.getByRole("img", { name: /, as it is now$/ });

/** Two corners on the screen of a box in pixels of the picture. */
async function corners(picture: Locator, [x0, y0, x1, y1]: Box) {
  const [place, [width]] = [await box(picture), await sizeOf(picture)];
  const at = (x: number, y: number) => ({
    x: place.x + (x * place.width) / width,
    y: place.y + (y * place.width) / width,
  });
  return [at(x0, y0), at(x1, y1)] as const;
}

async function draw(page: Page, workbench: Workbench, wanted: Box): Promise<void> {
  await workbench.markFace.click();
  await expect(page.getByText(/^With the keys: /)).toBeHidden();
  const [from, to] = await corners(before(page), wanted);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
  await expect(workbench.drawing).toHaveCount(0);
}

test("a photo is looked at once it is chosen, and again when an option changes", async ({
  page,
  workbench,
  service,
  sent,
  looks,
}) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await workbench.found("1 face found");
  await expect(page.getByText("512 × 512 pixels", { exact: true })).toBeVisible();
  await expect(page.getByText(/^(about \d+ s|less than 1 s)$/)).toBeVisible();
  await expect(page.getByTitle(/^Needs \d+ MB of the server’s memory$/)).toBeVisible();
  await expect(page.getByRole("status").getByText(/^1 face found, /)).toBeAttached();
  expect(looks).toHaveLength(1);

  await page.getByRole("radio", { name: "×1" }).check({ force: true });
  await expect(page.getByText("256 × 256 pixels", { exact: true })).toBeVisible();
  expect(looks).toHaveLength(2);
  expect(sent).toHaveLength(0);

  const { data } = await service.enhance(photo("portrait.jpg"), { upscale_factor: "1" });
  const [corner] = await corners(before(page), data.faces[0]!.box as Box);
  const mark = await box(workbench.mark(1));
  expect(Math.hypot(corner.x - mark.x - mark.width / 2, corner.y - mark.y - mark.height / 2)).toBeLessThan(4);

  await workbench.restore.click();
  await workbench.done();
  expect([data.width, data.height]).toEqual(await sizeOf(workbench.after));
  expect([sent.length, looks.length]).toEqual([1, 2]);
});

test("a face is left as it is from the first run on", async ({ workbench, sent }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await workbench.found("1 face found");
  await workbench.tick(1).uncheck();
  await workbench.restore.click();
  await workbench.done();
  await expect(workbench.card(1)).toContainText("Not restored");
  expect(sent).toHaveLength(1);
});

test("a missed face is marked and found, and the other keeps its strength", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("pair.png");
  await workbench.found("1 face found");
  await workbench.tick(1).uncheck();

  await draw(page, workbench, DARK);
  await workbench.found("2 faces found");
  await expect(workbench.tick(1)).toBeChecked();
  await expect(workbench.tick(2)).not.toBeChecked();
  await expect(page.getByText(/Only your box shows this face/)).toHaveCount(0);
  await workbench.restore.click();
  await workbench.done();
  await expect(workbench.card(1)).not.toContainText("Not restored");
  await expect(workbench.card(2)).toContainText("As you asked for this face");

  await workbench.mark(1).click();
  await workbench.card(1).getByRole("button", { name: "Remove your box" }).click();
  await workbench.found("1 face found");
  await expect(workbench.tick(1)).not.toBeChecked();
  await expect(workbench.restoreAgain).toBeVisible();
});

test("a box without a face says so, and is removed on the photo", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await workbench.found("1 face found");
  await draw(page, workbench, [10, 180, 60, 240]);
  await workbench.found("1 face found, 1 more marked");
  await expect(workbench.card(1)).toContainText("Only your box shows this face");
  await page.getByRole("button", { name: "Remove your box 1" }).click();
  await workbench.found("1 face found");
});

test("a face is marked with the keys, or not after all", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await workbench.found("1 face found");
  await workbench.markFace.focus();
  await page.keyboard.press("Enter");
  await expect(workbench.drawing).toBeFocused();
  await expect(page.getByText(/^With the keys: /)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(workbench.drawing).toHaveCount(0);
  await expect(workbench.markFace).toBeFocused();

  await page.keyboard.press("Enter");
  for (const key of ["Enter", ...Array<string>(9).fill("ArrowDown"), "Enter"]) await page.keyboard.press(key);
  await workbench.found("1 face found, 1 more marked");
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("a finger draws a box in a zoomed photo that is turned upright", async ({ page, workbench, service }) => {
    await workbench.open();
    await workbench.choose("turned.jpg");
    await workbench.found("1 face found");
    const { data } = await service.enhance(photo("turned.jpg"));
    await page.getByRole("group", { name: /^Photo\./ }).focus();
    for (let step = 0; step < 2; step += 1) await page.keyboard.press("+");
    for (let step = 0; step < 4; step += 1) await page.keyboard.press("ArrowUp"); // to the face, at the top
    await workbench.markFace.click();
    const [from, to] = await corners(before(page), data.faces[0]!.box as Box);
    const touches = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) =>
      touches.send("Input.dispatchTouchEvent", { type, touchPoints: points });
    await touch("touchStart", [from]);
    for (const part of [0.3, 0.6, 1]) {
      await touch("touchMove", [{ x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }]);
    }
    await touch("touchEnd", []);
    await expect(workbench.drawing).toHaveCount(0);
    // The server compares the box with the face: it lies at the same place of the upright photo.
    await expect(page.getByText("A face that you marked was found already, so your box adds no other.")).toBeVisible();
    await workbench.found("1 face found");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });
});

test("a photo without a face is enlarged with one click", async ({ page, workbench, sent }) => {
  await workbench.open();
  await workbench.choose("landscape.jpg");
  await workbench.found("No face found");
  await page.getByRole("button", { name: "Enlarge it all the same" }).click();
  await workbench.done();
  expect(sent).toHaveLength(1);
});

test.describe("a look that fails", () => {
  test.use({ provokes: true });

  test("because of the photo says why, as its restoration would", async ({ page, workbench, sent }) => {
    await workbench.open();
    await workbench.choose("broken.jpg");
    await expect(workbench.problem(/./)).toBeVisible();
    await expect(page.getByText(/^Step: Reading the photo · Request \w+/)).toBeVisible();
    expect(sent).toHaveLength(0);
  });

  test.describe("without an API key", () => {
    test.use({ baseURL: BASE.strict });

    test("is not shown, and not tried again", async ({ page, workbench, looks }) => {
      await workbench.open();
      await workbench.choose("portrait.jpg");
      await expect.poll(() => looks.length).toBe(1);
      await page.getByRole("radio", { name: "×1" }).check({ force: true });
      await page.waitForTimeout(1500); // more than the page waits before it looks
      expect(looks).toHaveLength(1);
      await expect(workbench.problem(/./)).toHaveCount(0);
      await expect(workbench.restore).toBeEnabled();
    });
  });
});
