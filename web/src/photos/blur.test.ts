// @vitest-environment node
import { expect, it } from "vitest";
import { ENGLISH } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { blurInWords } from "./blur";

const t = wordsIn("en", ENGLISH);

it.each([
  [0, "sharp · 0.0 px"],
  [0.64, "sharp · 0.6 px"],
  [0.7, "slightly blurred · 0.7 px"],
  [1.44, "slightly blurred · 1.4 px"],
  [1.5, "blurred · 1.5 px"],
  [12, "blurred · 12.0 px"],
])("says of a blur of %d px: %s", (blur, words) => {
  expect(blurInWords(blur, t)).toBe(words);
});

it.each([null, undefined])("says nothing of a blur that was not measured (%s)", (blur) => {
  expect(blurInWords(blur, t)).toBeNull();
});
