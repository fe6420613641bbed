// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS, OPTIONS, photoOf, resultOf } from "@/test/samples";
import { enlargementOf, factorsOf, outputSize } from "./scale";

it.each([
  [[1, 8], 2, [1, 2, 4, 8]],
  [[1, 4], 2, [1, 2, 4]],
  [[1.5, 3.5], 2, [2]],
  [[1, 8], 3, [1, 2, 3, 4, 8]], // chosen in an earlier version of the page
  [[3, 3], 3, [3]],
] as [[number, number], number, number[]][])("offers, within %j and with %d chosen, %j", (bounds, chosen, factors) => {
  expect(factorsOf({ ...LIMITS, upscale_factor: bounds }, chosen)).toEqual(factors);
});

describe("outputSize", () => {
  const size = (width: number, height: number, upscale_factor: number, long_side: number | null = null) => {
    const output = outputSize({ width, height }, { upscale_factor, long_side });
    return [output.width, output.height];
  };

  it.each([
    [size(100, 80, 2), [200, 160]],
    [size(100, 80, 8), [800, 640]],
    [size(100, 80, 2, 50), [50, 40]], // smaller than the photo
    [size(80, 100, 2, 1200), [960, 1200]],
    [size(100, 100, 2, 64), [64, 64]],
    [size(3000, 1, 1, 16), [16, 1]], // no side is under 1
    // Python's round(), on which the service relies, takes the even one of two equally near numbers.
    [size(4, 1, 1, 18), [18, 4]],
    [size(4, 1, 1, 22), [22, 6]],
    [size(3, 1, 1.5), [4, 2]],
  ])("gives %j", (found, wanted) => {
    expect(found).toEqual(wanted);
  });

  it("has exactly the long side that is asked for", () => {
    const side = fc.integer({ min: 1, max: 30_000 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 16, max: 32_768 }), (width, height, long_side) => {
        const output = outputSize({ width, height }, { upscale_factor: 2, long_side });
        expect(Math.max(output.width, output.height)).toBe(long_side);
      }),
    );
  });
});

describe("enlargementOf", () => {
  const result = resultOf({ width: 50, height: 40 }, { ...OPTIONS, long_side: 50 });

  it("is the factor, or follows from the photo's size", () => {
    expect(enlargementOf(photoOf(), resultOf())).toBe(2);
    expect(enlargementOf(photoOf({ size: null }), resultOf())).toBe(2);
    expect(enlargementOf(photoOf(), result)).toBe(0.5);
  });

  it("is unknown for a given side of a photo that the browser cannot show", () => {
    expect(enlargementOf(photoOf({ size: null }), result)).toBeNull();
  });
});
