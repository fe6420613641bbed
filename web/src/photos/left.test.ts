// @vitest-environment node
import fc from "fast-check";
import { expect, it } from "vitest";
import { ENGLISH } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { leftInWords, percentInWords } from "./left";

const t = wordsIn("en", ENGLISH);

it.each([
  [0, "about 1 s left"],
  [0.2, "about 1 s left"],
  [11.2, "about 12 s left"],
  [19.9, "about 20 s left"],
  [41, "about 45 s left"],
  [89, "about 90 s left"],
  [95, "about 2 min left"],
  [240, "about 4 min left"],
  [5390, "about 90 min left"],
  [7200, "about 2 h left"],
])("says of %d s %j", (seconds, words) => {
  expect(leftInWords(t, seconds)).toBe(words);
});

it("never says that nothing is left", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (seconds) => {
      expect(leftInWords(t, seconds)).toMatch(/^about [1-9][\d,]* (s|min|h) left$/);
    }),
  );
});

it.each([
  [0, "0%"],
  [0.424, "42%"],
  [0.999, "99%"],
  [1, "100%"],
])("says of the fraction %d %j", (fraction, words) => {
  expect(percentInWords(t, fraction)).toBe(words);
});
