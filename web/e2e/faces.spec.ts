import { expect, test } from "./test";
import { box, hasPhoto, photo } from "./workbench";

test("a face is selected on the picture, left as it was, and restored again", async ({ workbench }) => {
  await workbench.open();
  await workbench.restored();
  const card = workbench.card(1);
  await expect(card).toContainText("Restored");
  await workbench.mark(1).click();
  await expect(workbench.mark(1)).toHaveAttribute("aria-pressed", "true");
  const leave = card.getByRole("button", { name: "Do not restore" });
  await expect(leave).toBeVisible();

  const face: [number, number, number, number] = [200, 60, 110, 130]; // x, y, width, height in the result, which has 512 × 512 pixels
  const corner: [number, number, number, number] = [0, 400, 60, 60];
  const [restored, background] = [await workbench.pixels(face), await workbench.pixels(corner)];
  await leave.click();
  await workbench.restoreAgain.click();
  await expect(card).toContainText("Not restored", { timeout: 45_000 });
  await workbench.done();
  expect(await workbench.pixels(face)).not.toBe(restored);
  expect(await workbench.pixels(corner)).toBe(background);

  await card.getByRole("button", { name: "As for all" }).click();
  await workbench.restoreAgain.click();
  await expect(card).toContainText("100 %", { timeout: 45_000 });
  await workbench.done();
  expect(await workbench.pixels(face)).toBe(restored);
});

test("a face can have its own strength", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.restored();
  const card = workbench.card(1);
  await card.getByRole("button", { name: /Restored/ }).click();
  const strength = card.getByRole("slider", { name: "Strength of this face" });
  await strength.focus();
  await page.keyboard.press("End");
  for (let step = 0; step < 4; step += 1) await page.keyboard.press("PageDown");
  const value = await strength.inputValue();
  expect(Number(value)).toBeLessThan(100);
  await workbench.restoreAgain.click();
  await workbench.done();
  await expect(card.getByRole("button", { expanded: true })).toContainText(`${value} %`);
});

test("one face of a group is left as it was, the others are restored as before", async ({ page, workbench, sent }) => {
  test.skip(!hasPhoto("group.jpg"), "needs the photo in insightface's wheel: run `make install-dev`");
  await workbench.open();
  await workbench.choose("group.jpg");
  await page.getByRole("radio", { name: "×1" }).check({ force: true });
  await workbench.restore.click();
  await workbench.done();
  const cards = page.getByRole("article", { name: /^Face \d$/ });
  const count = await cards.count();
  expect(count).toBeGreaterThan(2);
  const before = await cards.allTextContents();

  await workbench.mark(2).click();
  await workbench.card(2).getByRole("button", { name: "Do not restore" }).click();
  await workbench.restoreAgain.click();
  await expect(workbench.card(2)).toContainText("Not restored", { timeout: 45_000 });
  await workbench.done();
  expect(sent).toHaveLength(2);
  await expect(cards).toHaveCount(count);
  const after = await cards.allTextContents();
  expect(after.filter((_, index) => index !== 1)).toEqual(before.filter((_, index) => index !== 1));
});

test("every face is shown enlarged, before and after side by side", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.restored();
  await page.getByRole("button", { name: "Faces 1" }).click();
  const [before, after] = [
    page.getByRole("img", { name: "Face 1 before" }),
    page.getByRole("img", { name: "Face 1 after" }),
  ];
  await expect(before).toBeVisible();
  expect((await box(before)).x).toBeLessThan((await box(after)).x);
  expect((await box(before)).width).toBeGreaterThan(200);
  const drawn = (canvas: typeof before) => canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
  const empty = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 720;
    return canvas.toDataURL();
  });
  await expect.poll(() => drawn(before)).not.toBe(empty);
  await expect.poll(() => drawn(after)).not.toBe(empty);
  expect((await drawn(after)) === (await drawn(before))).toBe(false);

  await page.getByRole("button", { name: "Picture", exact: true }).click();
  await expect(workbench.line).toBeVisible();
});

test("the marks lie on the faces, also in a zoomed picture", async ({ page, workbench, service }) => {
  await workbench.open();
  await workbench.restored();
  const { data } = await service.enhance(photo("portrait.jpg"));
  const [x0 = 0, y0 = 0] = data.faces[0]!.box;
  const distanceToFace = async () => {
    const [picture, mark] = [await box(workbench.after), await box(workbench.mark(1))];
    const scale = picture.width / (data.width / 2);
    return Math.hypot(picture.x + x0 * scale - mark.x, picture.y + y0 * scale - mark.y);
  };
  expect(await distanceToFace()).toBeLessThan(40); // near the corner of the face's box
  const mark = await box(workbench.mark(1));
  await page.mouse.move(mark.x + 60, mark.y + 60);
  await page.mouse.wheel(0, -300);
  await expect.poll(() => workbench.percent()).toBeGreaterThan(150);
  expect(await distanceToFace()).toBeLessThan(40);
});

test.describe("a photo with several faces", () => {
  test.skip(!hasPhoto("group.jpg"), "needs the photo in insightface's wheel: run `make install-dev`");

  test("cards and marks show a face large, arrow keys go on, Escape goes back", async ({ page, workbench }) => {
    await workbench.open();
    await workbench.choose("group.jpg");
    const image = page.getByRole("img", { name: /as it is now$/ });
    await expect(workbench.card(2)).toBeVisible({ timeout: 45_000 });
    const [whole, at] = [await workbench.percent(), await box(image)];

    // Before the photo is restored.
    await workbench
      .card(1)
      .getByRole("button", { name: /Strength of face 1/ })
      .click();
    await expect.poll(() => workbench.percent()).toBeGreaterThan(whole * 1.5);
    const first = await box(image);
    await expect(workbench.mark(1)).toBeVisible();
    await page.keyboard.press("ArrowDown");
    await expect(workbench.card(2).getByRole("button", { expanded: true })).toBeFocused();
    await expect.poll(async () => (await box(image)).x).not.toBe(first.x);
    await page.keyboard.press("Escape");
    await expect.poll(() => workbench.percent()).toBe(whole);
    expect(await box(image)).toEqual(at);

    // And after it.
    await page.getByRole("radio", { name: "×1" }).check({ force: true });
    await workbench.restore.click();
    await workbench.done();
    const fitted = await workbench.percent();
    await workbench.mark(1).click();
    await expect.poll(() => workbench.percent()).toBeGreaterThan(fitted * 1.5);
    await expect(workbench.card(1).getByRole("button", { expanded: true })).toBeVisible();
    await page.keyboard.press("ArrowRight");
    await expect(workbench.mark(2)).toBeFocused();
    await expect(workbench.mark(2)).toHaveAttribute("aria-pressed", "true");
    const { x, y, width, height } = await box(workbench.viewer);
    const mark = await box(workbench.mark(2));
    expect(mark.x).toBeGreaterThan(x);
    expect(mark.x).toBeLessThan(x + width);
    expect(mark.y).toBeGreaterThan(y);
    expect(mark.y).toBeLessThan(y + height);
    await page.keyboard.press("Escape");
    await expect.poll(() => workbench.percent()).toBe(fitted);
    await expect(workbench.mark(2)).toBeFocused();
    await page.keyboard.press("ArrowLeft");
    await expect(workbench.mark(1)).toBeFocused();
    await expect.poll(() => workbench.percent()).toBeGreaterThan(fitted * 1.5);
  });
});

test("a face that is not to be restored says what is done with it all the same", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  await workbench.found("1 face found");
  await workbench.tick(1).uncheck();
  await expect(workbench.card(1)).toContainText("Without restoration the face is enlarged, cleaned and coloured");
  await workbench.restore.click();
  await workbench.done();
  await expect(workbench.card(1)).toContainText("Not restored, enlarged like the rest of the picture");
  const verdict = page.getByRole("region", { name: "No face was restored" });
  await expect(verdict).toContainText("1 face not restored, enlarged like the rest of the picture. Enlarged ×2.");
});
