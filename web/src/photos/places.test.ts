// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Face } from "@/api/types";
import { faceOf } from "@/test/samples";
import {
  adjusted,
  boxBetween,
  carriedOver,
  LEAST_SIDE,
  markedFaces,
  middleBox,
  overlap,
  placesOf,
  type Box,
} from "./places";

const PHOTO = { width: 100, height: 80 };
const LEFT: Box = [10, 10, 30, 30];
const MIDDLE: Box = [40, 10, 60, 30];
const RIGHT: Box = [70, 10, 90, 30];

describe("boxBetween", () => {
  it("has whole pixels, whatever corner the drag began at", () => {
    expect(boxBetween({ x: 10.4, y: 20.6 }, { x: 40.2, y: 50.9 }, PHOTO)).toEqual([10, 21, 40, 51]);
    expect(boxBetween({ x: 40.2, y: 20.6 }, { x: 10.4, y: 50.9 }, PHOTO)).toEqual([10, 21, 40, 51]);
  });

  it("ends at the border of the photo", () => {
    expect(boxBetween({ x: -20, y: 60 }, { x: 500, y: 300 }, PHOTO)).toEqual([0, 60, 99, 79]);
  });

  it("is none if it is smaller than the server takes", () => {
    expect(boxBetween({ x: 10, y: 10 }, { x: 19, y: 70 }, PHOTO)).toBeNull();
    expect(boxBetween({ x: 10, y: 10 }, { x: 20, y: 20 }, PHOTO)).toEqual([10, 10, 20, 20]);
    expect(boxBetween({ x: -50, y: 10 }, { x: 5, y: 70 }, PHOTO)).toBeNull();
  });
});

describe("overlap", () => {
  it.each<[Box, number]>([
    [LEFT, 1],
    [[20, 10, 40, 30], 1 / 3],
    [RIGHT, 0],
    [[30, 10, 50, 30], 0],
    [[15, 15, 15, 15], 0],
  ])("with %j is %d", (box, common) => {
    expect(overlap(LEFT, box)).toBeCloseTo(common);
    expect(overlap(box, LEFT)).toBeCloseTo(common);
  });
});

describe("carriedOver", () => {
  it("keeps strengths with their faces when one is found between them", () => {
    expect(carriedOver({ 0: 0, 1: 0.5 }, [LEFT, RIGHT], [LEFT, MIDDLE, RIGHT])).toEqual({ 0: 0, 2: 0.5 });
  });

  it("keeps them with faces whose boxes differ a little, and drops those of a face that is gone", () => {
    expect(carriedOver({ 0: 0, 1: 0.5, 2: 1 }, [LEFT, MIDDLE, RIGHT], [[42, 11, 61, 31], RIGHT])).toEqual({
      0: 0.5,
      1: 1,
    });
  });

  it("gives a face one strength only: that of the face at the same place", () => {
    const near: Box = [12, 10, 32, 30];
    expect(carriedOver({ 0: 0, 1: 0.5 }, [near, LEFT], [LEFT])).toEqual({ 0: 0.5 });
  });

  it("drops the strength of an index that no face had", () => {
    expect(carriedOver({ 5: 0 }, [LEFT], [LEFT])).toEqual({});
  });

  it("follows the faces into any order", () => {
    const faces = [LEFT, MIDDLE, RIGHT];
    const strengths = fc.array(fc.constantFrom(null, 0, 0.5), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), strengths, (order, chosen) => {
        const overrides = Object.fromEntries(
          chosen.flatMap((strength, index) => (strength === null ? [] : [[index, strength]])),
        );
        const after = order.map((index) => faces[index] as Box);
        const carried = carriedOver(overrides, faces, after);
        expect(order.map((_, index) => carried[index])).toEqual(order.map((index) => overrides[index]));
      }),
    );
  });
});

it("a drawn box marks the face that it overlaps most", () => {
  expect(
    markedFaces(
      [
        [35, 5, 65, 40],
        [0, 60, 20, 79],
      ],
      [LEFT, MIDDLE, RIGHT],
    ),
  ).toEqual([1, null]);
  expect(markedFaces([LEFT], [])).toEqual([null]);
});

it("places are the boxes of faces, and empty for a face without one", () => {
  const without: Partial<Face> = { ...faceOf() };
  delete without.box;
  expect(placesOf([faceOf({ box: [1, 2, 3, 4] }), without as Face])).toEqual([
    [1, 2, 3, 4],
    [0, 0, 0, 0],
  ]);
});

describe("a box that is placed by keys", () => {
  const view = { scale: 4, x: 0, y: 0 };

  it("begins in the middle of what is shown", () => {
    expect(middleBox(PHOTO, view, { x: 0, y: 0, width: 400, height: 320 })).toEqual([40, 30, 60, 50]);
    expect(middleBox(PHOTO, { scale: 8, x: -400, y: -320 }, { x: 0, y: 0, width: 400, height: 320 })).toEqual([
      65, 50, 85, 70,
    ]);
  });

  it.each<[string, Box | null]>([
    ["ArrowLeft", [36, 30, 56, 50]],
    ["ArrowRight", [44, 30, 64, 50]],
    ["ArrowUp", [40, 26, 60, 46]],
    ["ArrowDown", [40, 34, 60, 54]],
    ["+", [38, 28, 62, 52]],
    ["-", [42, 32, 59, 49]],
    ["a", null],
  ])("changes with %s", (key, box) => {
    expect(adjusted([40, 30, 60, 50], key, PHOTO)).toEqual(box);
  });

  it("stays inside the photo and large enough, whatever is pressed", () => {
    const key = fc.constantFrom("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "-");
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
        let box: Box = [40, 30, 60, 50];
        for (const pressed of keys) box = adjusted(box, pressed, PHOTO) ?? box;
        expect(Math.min(box[0], box[1])).toBeGreaterThanOrEqual(0);
        expect(box[2]).toBeLessThan(PHOTO.width);
        expect(box[3]).toBeLessThan(PHOTO.height);
        expect(Math.min(box[2] - box[0], box[3] - box[1])).toBeGreaterThanOrEqual(LEAST_SIDE);
      }),
    );
  });
});
