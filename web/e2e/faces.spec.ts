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
