// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { photoOf, resultOf } from "@/test/samples";
import { ENGLISH } from "@/words/messages";
import { wordsIn } from "@/words/words";
import type { Photo, Result } from "./photo";
import {
  AFTER,
  BEFORE,
  BEFORE_AND_AFTER,
  isSwapped,
  picturesOf,
  sidesOf,
  swapped,
  withLeft,
  type Pictures,
  type Sides,
  type Version,
} from "./versions";

const t = wordsIn("en", ENGLISH);
const madeBy = (restorer: string, url: string): Result => {
  return { ...resultOf({ models: { detector: "mtcnn", restorer } }), url };
};
const first = madeBy("one", "blob:1");
const second = madeBy("two", "blob:2");
const third = madeBy("three", "blob:3");

/** The pictures of a photo of which the last of these results is shown, or another. */
function pictures(results: Result[], result = results.at(-1) as Result, changes: Partial<Photo> = {}): Pictures {
  return picturesOf(photoOf({ ...changes, result, results }), result, t);
}
const ONE = pictures([first]);
const THREE = pictures([first, second, third]);

describe("the pictures of a photo", () => {
  it("are before and after with a single result", () => {
    expect(ONE).toMatchObject([
      { version: BEFORE, url: "blob:photo", name: "before", words: "before" },
      { version: AFTER, url: "blob:1", name: "after", words: "after" },
    ]);
  });

  it("say that the photo is shown smaller than it is, where the server has made its picture", () => {
    const size = { width: 4000, height: 3000 };
    const [reduced] = pictures([first], first, { url: "blob:preview", size, preview: { width: 1600, height: 1200 } });
    expect(reduced).toMatchObject({ url: "blob:preview", name: "before", words: "before, shown smaller" });
    const [whole] = pictures([first], first, { url: "blob:preview", size, preview: size });
    expect(whole).toMatchObject({ url: "blob:preview", words: "before" });
  });

  it("are all results in their order, with what differs", () => {
    expect(THREE).toMatchObject([
      { version: BEFORE, name: "before" },
      { version: "blob:1", url: "blob:1", name: "result 1", words: "result 1 · one" },
      { version: "blob:2", url: "blob:2", name: "result 2", words: "result 2 · two" },
      { version: AFTER, url: "blob:3", name: "after", words: "result 3 · three" },
    ]);
  });

  it("keep their order when an older one is shown, and their numbers when older ones were let go", () => {
    expect(pictures([first, second], first, { letGo: 4 })).toMatchObject([
      { version: BEFORE },
      { version: AFTER, words: "result 5 · one" },
      { version: "blob:2", words: "result 6 · two" },
    ]);
  });

  it("say where the browser cannot show one", () => {
    expect(pictures([first], first, { size: null })[0]).toMatchObject({
      url: null,
      unshown: expect.stringMatching(/as it was/),
    });
    const unshown = pictures([
      { ...first, isShown: false },
      { ...second, isShown: false },
    ]);
    expect(unshown.map(({ url }) => url)).toEqual(["blob:photo", null, null]);
    expect(unshown[2]?.unshown).toMatch(/Download it/);
    expect(unshown[1]?.unshown).toBe("Your browser cannot show this result.");
  });

  it("say why this page does not have the photo", () => {
    const ofAddress = { source: { address: "https://example.org/a.jpg" }, url: "", size: null };
    expect(pictures([first], first, ofAddress)[0]).toMatchObject({
      url: null,
      absence: expect.stringMatching(/fetched/),
    });
    expect(pictures([first], first, { ...ofAddress, source: { job: "job-1" } })[0]?.absence).toMatch(/no longer/);
  });
});

const versionsOf = (all: Pictures, sides: Sides) => sidesOf(all, sides).map(({ version }) => version);

describe("the sides", () => {
  it.each<[Sides]>([[BEFORE_AND_AFTER], [["blob:1", AFTER]], [[AFTER, "blob:1"]], [["blob:1", "blob:2"]]])(
    "show %j",
    (sides) => {
      expect(versionsOf(THREE, sides)).toEqual(sides);
    },
  );

  it.each<[Sides, Sides]>([
    [
      ["blob:1", AFTER],
      [BEFORE, AFTER],
    ],
    [
      [BEFORE, "blob:2"],
      [BEFORE, AFTER],
    ],
    [
      [AFTER, "blob:2"],
      [AFTER, BEFORE],
    ],
    [
      ["blob:2", BEFORE],
      [AFTER, BEFORE],
    ],
  ])("show, for %j of a photo that lacks them, %j", (sides, shown) => {
    expect(versionsOf(ONE, sides)).toEqual(shown);
  });

  it("are before and after once the compared result is the shown one", () => {
    expect(versionsOf(pictures([first, second], first), ["blob:1", AFTER])).toEqual(BEFORE_AND_AFTER);
  });

  it("are swapped if the newer version is on the left", () => {
    expect(swapped(["blob:1", AFTER])).toEqual([AFTER, "blob:1"]);
    expect(isSwapped(THREE, sidesOf(THREE, ["blob:1", "blob:2"]))).toBe(false);
    expect(isSwapped(THREE, sidesOf(THREE, ["blob:2", "blob:1"]))).toBe(true);
  });
});

it("never shows the same version on both sides, whatever is chosen", () => {
  const version = fc.constantFrom<Version>(BEFORE, "blob:1", AFTER);
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
