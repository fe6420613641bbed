// @vitest-environment node
import { expect, it } from "vitest";
import { OPTIONS, requestOf, resultOf } from "@/test/samples";
import { ENGLISH } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { differencesOf } from "./differences";

const t = wordsIn("en", ENGLISH);
const MODELS = { detector: "mtcnn" };

it("tells nothing of results that were made alike", () => {
  expect(differencesOf([resultOf()], t)).toEqual([""]);
  expect(differencesOf([resultOf(), resultOf()], t)).toEqual(["", ""]);
});

it("tells only what is not the same: restorer and strength", () => {
  const first = resultOf({ models: { ...MODELS, restorer: "one" } });
  const second = resultOf({ models: { ...MODELS, restorer: "two" } }, { ...OPTIONS, strength: 0.6 });
  expect(differencesOf([first, second], t)).toEqual(["one · 100 %", "two · 60 %"]);
});

it("tells the size, the colours, the speed and the file", () => {
  const first = resultOf();
  const second = resultOf(
    { width: 1400, height: 1160, media_type: "image/jpeg" },
    { ...OPTIONS, preset: "best", color_correction: "auto" },
  );
  expect(differencesOf([first, second], t)).toEqual([
    "200 × 160 px · Balanced · own colours · PNG",
    "1400 × 1160 px · Best · colours corrected · JPEG",
  ]);
});

it("tells that faces had strengths of their own, and nothing of a photo without faces", () => {
  const own = { ...resultOf({ models: MODELS }), request: requestOf({ overrides: { 0: 0.2 } }) };
  expect(differencesOf([own, resultOf({ models: MODELS })], t)).toEqual(["own strengths of faces", ""]);
});

it("says other settings where it has no other word", () => {
  const quality = resultOf({}, { ...OPTIONS, faces: "largest" });
  expect(differencesOf([resultOf(), quality, resultOf()], t)).toEqual(["", "other settings", ""]);
});
