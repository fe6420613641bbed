import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fileOf, PNG, WEBP } from "@/test/samples";
import { orientationOf, type Orientation } from "./orientation";
import { uprightOf } from "./upright";

vi.mock("./orientation");

const [WIDTH, HEIGHT] = [40, 30];
let transform: number[];
let size: number[];

beforeEach(() => {
  vi.stubGlobal("createImageBitmap", async () => ({ width: WIDTH, height: HEIGHT, close: () => undefined }));
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation((() => ({
    setTransform: (...matrix: number[]) => (transform = matrix),
    drawImage: () => undefined,
  })) as unknown as HTMLCanvasElement["getContext"]);
  HTMLCanvasElement.prototype.toBlob = function toBlob(done) {
    size = [this.width, this.height];
    done(new Blob(["turned"]));
  };
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** Where the point (x, y) of the stored picture is drawn. */
const moved = (x: number, y: number) => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = transform;
  return [a * x + c * y + e, b * x + d * y + f];
};

describe("uprightOf", () => {
  it("returns the file if the browser turns it, or if it is upright", async () => {
    const png = fileOf(PNG);
    expect(await uprightOf(png)).toBe(png);
    expect(orientationOf).not.toHaveBeenCalled();
    const webp = fileOf(WEBP);
    vi.mocked(orientationOf).mockReturnValue(1);
    expect(await uprightOf(webp)).toBe(webp);
  });

  // Where Exif puts the stored top left and top right corners.
  it.each<[Orientation, number[], number[]]>([
    [2, [WIDTH, 0], [0, 0]],
    [3, [WIDTH, HEIGHT], [0, HEIGHT]],
    [4, [0, HEIGHT], [WIDTH, HEIGHT]],
    [5, [0, 0], [0, WIDTH]],
    [6, [HEIGHT, 0], [HEIGHT, WIDTH]],
    [7, [HEIGHT, WIDTH], [HEIGHT, 0]],
    [8, [0, WIDTH], [0, 0]],
  ])("turns a WebP of orientation %i", async (orientation, left, right) => {
    vi.mocked(orientationOf).mockReturnValue(orientation);
    const copy = await uprightOf(fileOf(WEBP));
    expect(copy.size).toBe("turned".length);
    expect([moved(0, 0), moved(WIDTH, 0)]).toEqual([left, right]);
    expect(size).toEqual(orientation < 5 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH]);
  });

  it("returns the file if the browser cannot draw it", async () => {
    vi.mocked(orientationOf).mockReturnValue(6);
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
    const file = fileOf(WEBP);
    expect(await uprightOf(file)).toBe(file);
  });
});
