// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { photoOf, resultOf } from "@/test/samples";
import {
  BEFORE_AND_AFTER,
  isSwapped,
  picturesOf,
  sidesOf,
  swapped,
  withLeft,
  type Sides,
  type Version,
} from "./versions";

const result = resultOf({ models: { detector: "mtcnn", restorer: "second" } });
const earlier = { ...resultOf({ models: { detector: "mtcnn", restorer: "first" } }), url: "blob:earlier" };
const ONE = picturesOf(photoOf({ result }), result);
const TWO = picturesOf(photoOf({ result, earlier }), result);

describe("picturesOf", () => {
  it("calls a single result after", () => {
    expect(ONE).toEqual({
      before: { version: "before", url: "blob:photo", words: "before" },
      earlier: null,
      after: { version: "after", url: "blob:result", words: "after" },
    });
  });

  it("has no picture of a photo that the browser cannot show", () => {
    expect(picturesOf(photoOf({ result, size: null }), result)).toEqual({
      ...ONE,
      before: { ...ONE.before, url: null },
    });
  });

  it("says why this page does not have the photo of an address", () => {
    const photo = photoOf({ result, source: { address: "https://example.org/a.jpg" }, url: "", size: null });
    expect(picturesOf(photo, result).before).toMatchObject({ url: null, absence: expect.stringMatching(/fetched/) });
    expect(picturesOf(photo, result).after).toEqual(ONE.after);
  });

  it("has no picture of a result that the browser cannot show", () => {
    const pictures = picturesOf(photoOf({ earlier }), { ...result, isShown: false });
    expect([pictures.before.url, pictures.earlier?.url, pictures.after.url]).toEqual([
      "blob:photo",
      "blob:earlier",
      null,
    ]);
  });

  it("names the restorers of two results", () => {
    expect(TWO).toEqual({
      before: { version: "before", url: "blob:photo", words: "before" },
      earlier: { version: "earlier", url: "blob:earlier", words: "earlier · first" },
      after: { version: "after", url: "blob:result", words: "latest · second" },
    });
  });

  it("names none for a photo without faces", () => {
    const without = resultOf({ models: { detector: "mtcnn" } });
    expect(picturesOf(photoOf({ earlier }), without).after.words).toBe("latest");
  });
});

const versionsOf = (...sides: Parameters<typeof sidesOf>) => sidesOf(...sides).map(({ version }) => version);

describe("sidesOf", () => {
  it.each([[["before", "after"]], [["earlier", "after"]], [["after", "earlier"]], [["earlier", "before"]]] as [
    Sides,
  ][])("shows %j", (sides) => {
    expect(versionsOf(TWO, sides)).toEqual(sides);
  });

  it.each([
    [BEFORE_AND_AFTER, ["before", "after"]],
    [
      ["earlier", "after"],
      ["before", "after"],
    ],
    [
      ["before", "earlier"],
      ["before", "after"],
    ],
    [
      ["after", "earlier"],
      ["after", "before"],
    ],
    [
      ["earlier", "before"],
      ["after", "before"],
    ],
  ] as [Sides, Sides][])("shows, for %j without an earlier result, %j", (sides, shown) => {
    expect(versionsOf(ONE, sides)).toEqual(shown);
  });
});

it("swaps the sides", () => {
  expect(swapped(["earlier", "after"])).toEqual(["after", "earlier"]);
  expect(isSwapped(["earlier", "after"])).toBe(false);
  expect(isSwapped(["after", "earlier"])).toBe(true);
});

it("never shows the same version on both sides, whatever is chosen", () => {
  const version = fc.constantFrom<Version>("before", "earlier", "after");
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), version), { maxLength: 20 }), (choices) => {
      let sides = BEFORE_AND_AFTER;
      for (const [isLeft, chosen] of choices) {
        sides = isLeft ? withLeft(sides, chosen) : swapped(withLeft(swapped(sides), chosen));
        expect(sides[isLeft ? 0 : 1]).toBe(chosen);
        expect(sides[0]).not.toBe(sides[1]);
      }
    }),
  );
});
