// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "@/test/samples";
import { obstacleOf } from "./check";
import {
  DENSITIES,
  detailOf,
  firstPrint,
  lengthOf,
  longSideFor,
  mostLongSide,
  pixelsOf,
  printedLength,
  roundedLength,
  savedPrint,
  SIDES,
  UNITS,
  type Print,
} from "./print";

const CM: Print = { side: "width", unit: "cm", dpi: 300 };
const INCH: Print = { ...CM, unit: "inch" };
const SIZE = { width: 3000, height: 2000 };

describe("firstPrint", () => {
  it.each([
    ["en-US", "inch"],
    ["es-us", "inch"],
    ["en-Latn-US", "inch"],
    ["en", "cm"],
    ["en-GB", "cm"],
    ["de", "cm"],
    ["zh-Hant-TW", "cm"],
    ["", "cm"],
    [undefined, "cm"],
  ])("measures for a browser in %j in %s", (language, unit) => {
    expect(firstPrint(language)).toEqual({ side: "width", unit, dpi: 300 });
  });
});

describe("savedPrint", () => {
  it("reads what was saved", () => {
    const print: Print = { side: "height", unit: "inch", dpi: 150 };
    expect(savedPrint(JSON.stringify(print))).toEqual(print);
  });

  it.each([
    null,
    "",
    "{",
    "null",
    "7",
    '{"side":"width","unit":"cm","dpi":72}',
    '{"side":"depth","unit":"cm","dpi":300}',
  ])("finds nothing in %j", (text) => {
    expect(savedPrint(text)).toBeNull();
  });
});

describe("lengths", () => {
  it.each([
    [3000, CM, 25.4],
    [3000, INCH, 10],
    [3000, { ...INCH, dpi: 150 }, 20],
    [600, { ...INCH, dpi: 600 }, 1],
  ] as const)("prints %d pixels by %j as %d", (pixels, print, length) => {
    expect(lengthOf(pixels, print)).toBeCloseTo(length, 10);
    expect(pixelsOf(length, print)).toBeCloseTo(pixels, 6);
  });

  it("are of the width or of the height, whichever side is longer", () => {
    expect(longSideFor(10, INCH, SIZE)).toBe(3000);
    expect(longSideFor(10, { ...INCH, side: "height" }, SIZE)).toBe(4500);
    expect(longSideFor(10, INCH, { width: 2000, height: 3000 })).toBe(4500);
    expect(printedLength(4500, { ...INCH, side: "height" }, SIZE)).toBeCloseTo(10, 10);
  });

  it("come back as they were typed", () => {
    const side = fc.integer({ min: 20, max: 8000 });
    const print = fc.record({
      side: fc.constantFrom(...SIDES),
      unit: fc.constantFrom(...UNITS),
      dpi: fc.constantFrom(...DENSITIES),
    });
    fc.assert(
      fc.property(
        fc.record({ width: side, height: side }),
        print,
        fc.integer({ min: 10, max: 1000 }),
        (size, how, mm) => {
          const typed = mm / 10;
          // The long side is a whole number of pixels, so the other side may be off by half of one, and a bit.
          const found = printedLength(longSideFor(typed, how, size), how, size);
          expect(Math.abs(found - typed)).toBeLessThanOrEqual(lengthOf(0.5, how) + 1e-9);
          if (how.dpi >= 300 && how.unit === "cm") expect(roundedLength(found, how)).toBeCloseTo(typed, 6);
        },
      ),
    );
  });
});

it.each([
  [1500, "own"],
  [6000, "own"],
  [6001, "guessed"],
  [12_000, "guessed"],
  [12_001, "mostly guessed"],
] as const)("says of a long side of %d pixels that its detail is %s", (longSide, detail) => {
  expect(detailOf(longSide, SIZE)).toBe(detail);
});

describe("mostLongSide", () => {
  const BOUNDS = [16, 32_768] as const;

  it("is what the server makes, and no more", () => {
    const side = fc.integer({ min: 100, max: 6000 });
    const format = fc.constantFrom("png" as const, "webp" as const);
    fc.assert(
      fc.property(side, side, format, (width, height, output_format) => {
        const size = { width, height };
        const most = mostLongSide(size, { output_format }, LIMITS, BOUNDS);
        const obstacle = (long_side: number) =>
          obstacleOf(size, { upscale_factor: 2, long_side, output_format }, LIMITS);
        expect(obstacle(most)).toBeNull();
        if (most < BOUNDS[1]) expect(obstacle(most + 4)).not.toBeNull(); // the other side may have been rounded up
      }),
    );
  });

  it("is within the bounds", () => {
    expect(mostLongSide({ width: 30, height: 20 }, { output_format: "png" }, LIMITS, [16, 1000])).toBe(1000);
    const vast = { width: 6000, height: 6000 };
    expect(mostLongSide(vast, { output_format: "png" }, { max_output_megapixels: 0.0001 }, BOUNDS)).toBe(16);
  });
});
