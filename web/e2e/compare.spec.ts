import { expect, test } from "./test";
import { box } from "./workbench";
import type { CDPSession } from "@playwright/test";

type Point = { x: number; y: number };

/** Moves one finger per point of `from` to the point of `to` with the same index. */
async function touch(session: CDPSession, from: Point[], to: Point[], steps = 8): Promise<void> {
  const at = (part: number) =>
    from.map(({ x, y }, index) => ({
      x: x + (to[index]!.x - x) * part,
      y: y + (to[index]!.y - y) * part,
      id: index,
    }));
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0) });
  for (let step = 1; step <= steps; step += 1) {
    await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(step / steps) });
  }
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}

test.beforeEach(async ({ workbench }) => {
  await workbench.open();
  await workbench.restored();
});

test("the line is dragged with a mouse", async ({ page, workbench }) => {
  await expect(workbench.line).toHaveAttribute("aria-valuenow", "50");
  const viewer = await box(workbench.before);
  const middle = { x: viewer.x + viewer.width / 2, y: viewer.y + viewer.height / 2 };
  await page.mouse.move(middle.x, middle.y);
  await page.mouse.down();
  await page.mouse.move(middle.x + viewer.width / 4, middle.y, { steps: 5 });
  await page.mouse.up();
  await expect.poll(() => workbench.valueOfLine()).toBeGreaterThan(70);
  expect(await workbench.valueOfLine()).toBeLessThan(80);
});

test("the line is moved with the keyboard", async ({ page, workbench }) => {
  await workbench.line.focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => workbench.valueOfLine()).toBeGreaterThan(50);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await expect.poll(() => workbench.valueOfLine()).toBeLessThan(50);
});

test("the buttons zoom in and out, to 1:1 and to the whole picture", async ({ page, workbench }) => {
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const fitted = await workbench.percent();
  await button("Zoom in").click();
  await expect.poll(() => workbench.percent()).toBeGreaterThan(fitted * 1.4);
  await button("Zoom out").click();
  await expect.poll(() => workbench.percent()).toBe(fitted);
  await button("1:1").click();
  await expect(workbench.zoom).toHaveText("100 %");
  expect((await box(workbench.after)).width).toBeCloseTo(512, 0);
  await button("Whole picture").click();
  await expect.poll(() => workbench.percent()).toBe(fitted);
});

test("the wheel zooms around the pointer and does not scroll the page", async ({ page, workbench }) => {
  const before = await box(workbench.after);
  const fitted = await workbench.percent();
  const spot = { x: before.x + before.width / 4, y: before.y + before.height / 4 };
  await page.mouse.move(spot.x, spot.y);
  await page.mouse.wheel(0, -400);
  await expect.poll(() => workbench.percent()).toBeGreaterThan(fitted * 1.5);
  const after = await box(workbench.after);
  // The picture is kept from leaving a gap at the edge, so only y stays exactly.
  expect((spot.y - after.y) / after.height).toBeCloseTo(0.25, 1);
  expect(await page.evaluate(() => window.scrollY)).toBe(0);
});

test("a double click shows 1:1, another the whole picture", async ({ page, workbench }) => {
  const fitted = await workbench.percent();
  const picture = await box(workbench.after);
  const spot = [picture.x + picture.width * 0.8, picture.y + picture.height * 0.8] as const;
  await page.mouse.dblclick(...spot);
  await expect(workbench.zoom).toHaveText("100 %");
  const actual = await box(workbench.after);
  await page.mouse.dblclick(actual.x + actual.width * 0.8, actual.y + actual.height * 0.8);
  await expect.poll(() => workbench.percent()).toBe(fitted);
});

test("a picture larger than the viewer is moved by dragging and by arrow keys", async ({ page, workbench }) => {
  for (let time = 0; time < 3; time += 1) await page.getByRole("button", { name: "Zoom in" }).click();
  const viewer = await box(workbench.viewer);
  const before = await box(workbench.after);
  const from = { x: viewer.x + viewer.width * 0.25, y: viewer.y + viewer.height * 0.75 };
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x - 90, from.y - 60, { steps: 6 });
  await page.mouse.up();
  await expect.poll(async () => (await box(workbench.after)).x).toBeCloseTo(before.x - 90, -1);
  expect((await box(workbench.after)).y).toBeCloseTo(before.y - 60, -1);
  await expect(workbench.line).toHaveAttribute("aria-valuenow", "50"); // when zoomed, only the handle moves the line

  const dragged = await box(workbench.after);
  await workbench.viewer.focus();
  await page.keyboard.press("ArrowLeft");
  await expect.poll(async () => (await box(workbench.after)).x).toBeGreaterThan(dragged.x + 40);
  await page.keyboard.press("0");
  await expect.poll(async () => (await box(workbench.after)).height).toBeLessThan(viewer.height + 1);
});

test("the sides are swapped", async ({ page, workbench }) => {
  const swap = page.getByRole("button", { name: "Swap sides" });
  const isBeforeFirst = () =>
    page.getByRole("main").evaluate((main) => {
      const [first] = main.querySelectorAll("img");
      return first?.alt.endsWith("before");
    });
  expect(await isBeforeFirst()).toBe(true);
  await swap.click();
  await expect(swap).toHaveAttribute("aria-pressed", "true");
  expect(await isBeforeFirst()).toBe(false);
  await workbench.viewer.focus();
  await page.keyboard.press("s");
  await expect(swap).toHaveAttribute("aria-pressed", "false");
});

test("before and after cover the same area", async ({ workbench }) => {
  expect(await box(workbench.before)).toEqual(await box(workbench.after));
});

test("two pictures side by side are zoomed and moved together, and the way is remembered", async ({
  page,
  workbench,
}) => {
  await page.getByRole("button", { name: "Side by side" }).click();
  await expect(workbench.line).toHaveCount(0);
  const [left, right] = [await box(workbench.before), await box(workbench.after)];
  expect([left.width, left.height]).toEqual([right.width, right.height]);
  expect(right.x >= left.x + left.width || right.y >= left.y + left.height).toBe(true);
  for (let time = 0; time < 3; time += 1) await page.getByRole("button", { name: "Zoom in" }).click();
  await workbench.viewer.focus();
  await page.keyboard.press("ArrowLeft");
  const offset = async () => {
    const [one, other] = [await box(workbench.before), await box(workbench.after)];
    return [other.x - one.x, other.y - one.y, other.width - one.width].map(Math.round);
  };
  const apart = [right.x - left.x, right.y - left.y, 0].map(Math.round);
  const room = [Math.abs((await offset())[0]! - apart[0]!), Math.abs((await offset())[1]! - apart[1]!)];
  expect(Math.min(...room)).toBeLessThanOrEqual(1);
  expect((await offset())[2]).toBe(0);

  await page.reload();
  await expect(page.getByRole("button", { name: "Side by side", pressed: true })).toBeVisible();
});

test("the difference of two pictures is black where they are the same", async ({ page, workbench }) => {
  await page.getByRole("button", { name: "Difference" }).click();
  await expect(page.getByText("Bright: changed. Black: the same.")).toBeVisible();
  const light = async () => {
    const picture = (await workbench.viewer.screenshot()).toString("base64");
    return page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d")!;
      context.drawImage(image, 0, 0);
      // The middle, where neither a mark nor the legend lies.
      const { width, height } = image;
      const { data } = context.getImageData(width * 0.4, height * 0.4, width * 0.2, height * 0.3);
      return data.filter((_, index) => index % 4 !== 3).reduce((sum, value) => sum + value, 0) / data.length;
    }, picture);
  };
  const usual = await light();
  expect(usual).toBeGreaterThan(0.5);
  await page.getByRole("combobox", { name: "Amplified" }).selectOption("×16");
  await expect.poll(light).toBeGreaterThan(usual * 1.5);
  await page.getByRole("combobox", { name: "Amplified" }).selectOption("×1");
  await expect.poll(light).toBeLessThan(usual);
});

test("the original shows while the button or a key is held", async ({ page, workbench }) => {
  const original = page
    .getByRole("main")
    .getByRole("status")
    .filter({ hasText: /^Original$/ });
  const middle = async () => {
    const { x, y, width, height } = await box(workbench.after);
    const right = { x: x + width * 0.75, y: y + height * 0.5 };
    const clip = { x: right.x, y: right.y, width: 60, height: 60 };
    return (await page.screenshot({ clip })).toString("base64");
  };
  const restored = await middle();
  const button = await box(page.getByRole("button", { name: "Hold to see the original" }));
  await page.mouse.move(button.x + 20, button.y + 20);
  await page.mouse.down();
  await expect(original).toHaveCount(1);
  const held = await middle();
  expect(held).not.toBe(restored);
  await page.mouse.move(button.x + 20, button.y - 200); // beside it
  await page.mouse.up();
  await expect(original).toHaveCount(0);

  await workbench.viewer.focus();
  for (const key of ["Space", "b"]) {
    await page.keyboard.down(key);
    await expect(original).toHaveCount(1);
    await page.keyboard.up(key);
    await expect(original).toHaveCount(0);
  }
});

test("undo and redo go through all results, which can be compared with each other", async ({ page, workbench }) => {
  await page.getByRole("button", { name: "Close the hints" }).click();
  const first = await workbench.after.getAttribute("src");
  await workbench.mark(1).click();
  await workbench.card(1).getByRole("button", { name: "Do not restore" }).click();
  await workbench.restoreAgain.click();
  await expect(page.getByRole("button", { name: "Undo" })).toBeVisible({ timeout: 45_000 });
  await workbench.done();
  const second = await workbench.after.getAttribute("src");
  expect(second).not.toBe(first);

  await workbench.viewer.focus();
  await page.keyboard.press("ControlOrMeta+z");
  await expect(workbench.after).toHaveAttribute("src", first!);
  await expect(workbench.download).toHaveAttribute("href", first!);
  await expect(page.getByText("Result 1 of 2 is shown.")).toBeAttached();
  await page.keyboard.press("ControlOrMeta+Shift+z");
  await expect(workbench.after).toHaveAttribute("src", second!);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(workbench.after).toHaveAttribute("src", first!);
  await page.getByRole("button", { name: "Redo" }).click();
  await expect(workbench.after).toHaveAttribute("src", second!);

  await page.getByRole("button", { name: "Results of this photo" }).click();
  const menu = page
    .getByRole("group", { name: "Results", exact: true })
    .filter({ hasText: "Use these settings" })
    .last();
  await expect(menu.getByRole("button", { name: /^result 2 · own strengths of faces/ })).toBeVisible();
  await page.getByRole("combobox", { name: "Left side" }).selectOption({ index: 1 });
  await page.keyboard.press("Escape");
  await expect(menu.getByRole("button", { name: /^result 2/ })).toBeHidden();
  await expect(page.getByRole("slider", { name: "Line between result 1 and after" })).toBeVisible();
});

test("three hints stand beside the first result, cover nothing, and come again when asked for", async ({
  page,
  workbench,
}) => {
  const hint = page.getByText("Hint 1 of 3");
  await expect(hint).toBeVisible();
  expect((await box(hint)).y).toBeLessThan((await box(workbench.viewer)).y);
  await page.getByRole("button", { name: "Next hint" }).click();
  await page.getByRole("button", { name: "Next hint" }).click();
  await expect(page.getByText("Hint 3 of 3")).toBeVisible();
  await page.getByRole("button", { name: "Close the hints" }).click();
  await page.reload();
  await expect(workbench.viewer).toBeVisible();
  await expect(hint).toHaveCount(0);
  await page.getByRole("button", { name: "Show the hints" }).click();
  await expect(hint).toBeVisible();
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, isMobile: true, hasTouch: true });

  test("the line is dragged with a finger", async ({ page, context, workbench }) => {
    const picture = await box(workbench.before);
    const middle = { x: picture.x + picture.width / 2, y: picture.y + picture.height / 2 };
    const session = await context.newCDPSession(page);
    await touch(session, [middle], [{ x: middle.x - picture.width * 0.3, y: middle.y }]);
    await expect.poll(() => workbench.valueOfLine()).toBeLessThan(30);
  });

  test("two fingers zoom", async ({ page, context, workbench }) => {
    const fitted = await workbench.percent();
    const { x, y, width, height } = await box(workbench.before);
    const middle = { x: x + width / 2, y: y + height * 0.3 };
    const session = await context.newCDPSession(page);
    const at = (by: number) => [
      { x: middle.x - by, y: middle.y },
      { x: middle.x + by, y: middle.y },
    ];
    await touch(session, at(30), at(110), 12);
    await expect.poll(() => workbench.percent()).toBeGreaterThan(fitted * 1.5);
    expect(await page.evaluate(() => window.visualViewport?.scale)).toBe(1); // the picture was zoomed, not the page
  });

  test("1:1 shows one pixel of the picture per pixel of the screen", async ({ page, workbench }) => {
    await page.getByRole("button", { name: "1:1" }).tap();
    await expect(workbench.zoom).toHaveText("100 %");
    await expect.poll(async () => (await box(workbench.after)).width * 3).toBeCloseTo(512, 0);
  });

  test("the buttons of the view lie in one row, each large enough for a finger", async ({ page }) => {
    const bar = page.getByRole("region", { name: "View", exact: true });
    expect((await box(bar)).height).toBeLessThanOrEqual(52);
    for (const button of await bar.getByRole("button").all()) {
      if (!(await button.isVisible())) continue;
      const { width, height } = await box(button);
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
    }
    expect(await bar.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
  });
});
