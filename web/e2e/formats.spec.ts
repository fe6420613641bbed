/** Photos that the browser cannot show: the server's pictures of them. */
import type { Locator } from "@playwright/test";
import { expect, test } from "./test";
import { box, photo, sizeOf } from "./workbench";

type Colour = readonly [red: number, green: number, blue: number];

/** The colour of a picture at a place, in shares of its width and height. */
function colourAt(picture: Locator, x: number, y: number): Promise<Colour> {
  return picture.evaluate(
    async (element, [x, y]) => {
      const image = element as HTMLImageElement;
      await image.decode();
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      const context = canvas.getContext("2d")!;
      context.drawImage(image, 0, 0);
      const [red = 0, green = 0, blue = 0] = context.getImageData(
        Math.floor(x * canvas.width),
        Math.floor(y * canvas.height),
        1,
        1,
      ).data;
      return [red, green, blue] as const;
    },
    [x, y] as const,
  );
}

/** The photos at even places: the orange suit, the black of the shuttle's nose, and the grey behind it. */
const PLACES: [x: number, y: number, colour: Colour][] = [
  [0.287, 0.81, [232, 122, 85]],
  [0.5625, 0.5, [4, 2, 2]],
  [0.125, 0.05, [183, 177, 176]],
];

/** "1,680 × 2,100 pixels", with or without the commas. */
function inWords(size: readonly number[]): RegExp {
  return new RegExp(`^${size.map((side) => String(side).replace(/(?=\d{3}$)/, ",?")).join(" × ")} pixels$`);
}

async function expectAstronaut(picture: Locator): Promise<void> {
  for (const [x, y, colour] of PLACES) {
    const seen = await colourAt(picture, x, y);
    for (const [index, level] of colour.entries()) expect(Math.abs(seen[index]! - level)).toBeLessThan(24);
  }
}

for (const [name, size, kept] of [
  ["phone.heic", [1680, 2100], [1280, 1600]],
  ["scan.tif", [320, 400], [320, 400]],
] as const) {
  test(`${name} is shown before it is restored, with its faces, and beside its result`, async ({
    page,
    workbench,
    service,
    looks,
  }) => {
    await workbench.open();
    await workbench.choose(name);
    await workbench.found("1 face found");
    const before = page.getByRole("img", { name: `${name}, as it is now` });
    expect(await sizeOf(before)).toEqual(kept);
    await expectAstronaut(before);
    expect(await sizeOf(workbench.photos.first().locator("img"))).toEqual(kept);
    await expect(page.getByText(/^Smaller than the photo: /)).toHaveCount(size[0] > kept[0] ? 1 : 0);
    expect(looks).toHaveLength(1);

    await page.getByRole("radio", { name: "×1" }).check({ force: true });
    await expect(page.getByText(inWords(size))).toBeVisible({ timeout: 45_000 });
    expect(await sizeOf(before)).toEqual(kept);
    const { data } = await service.enhance(photo(name), { upscale_factor: "1", dry_run: "true" });
    expect([data.width, data.height]).toEqual(size);
    const [x0, y0] = data.faces[0]!.box as [number, number];
    const [mark, picture] = [await box(workbench.mark(1)), await box(before)]; // a mark is at a corner of its face
    expect(Math.abs(mark.x + mark.width / 2 - picture.x - (x0 * picture.width) / size[0])).toBeLessThan(4);
    expect(Math.abs(mark.y + mark.height / 2 - picture.y - (y0 * picture.height) / size[1])).toBeLessThan(4);

    await workbench.restore.click();
    await workbench.done();
    await expect(workbench.line).toBeVisible();
    expect(await sizeOf(workbench.before)).toEqual(kept);
    expect(await sizeOf(workbench.after)).toEqual(size);
    const [left, right] = [await box(workbench.before), await box(workbench.after)];
    for (const side of ["x", "y", "width", "height"] as const) expect(left[side]).toBeCloseTo(right[side], 0);
    expect(looks).toHaveLength(2);
  });
}

test.describe("in the strip", () => {
  test.use({ provokes: true }); // a picture that was let go cannot be loaded

  test("photos that are not shown get their pictures in the strip too, and let them go when they are removed", async ({
    page,
    workbench,
    looks,
  }) => {
    await workbench.open();
    await workbench.choose("portrait.jpg", "scan.tif", "phone.heic");
    await expect(workbench.photos.locator("img")).toHaveCount(3, { timeout: 30_000 });
    expect(looks).toHaveLength(3);
    const url = await workbench.photos.nth(1).locator("img").getAttribute("src");
    await page.getByRole("button", { name: "Remove scan.tif" }).click();
    await expect(workbench.photos).toHaveCount(2);
    const isGone = await page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const image = new Image();
          image.onload = () => resolve(false);
          image.onerror = () => resolve(true);
          image.src = url;
        }),
      url ?? "",
    );
    expect(isGone).toBe(true);
  });
});

test("a TIFF of a TIFF is compared with nothing, but the photo is shown beside what is to be downloaded", async ({
  page,
  workbench,
}) => {
  await workbench.open();
  await workbench.choose("scan.tif");
  await workbench.found("1 face found");
  await workbench.unfoldFile();
  await page.getByRole("radio", { name: "TIFF", exact: true }).press("Space");
  await workbench.restoredFields();
  await expect(page.getByText("your browser cannot show its format. Download it to see it.")).toBeVisible();
  expect(await sizeOf(workbench.before)).toEqual([320, 400]);
  await expect(workbench.download).toHaveAttribute("download", "scan-likeness.tif");
});
