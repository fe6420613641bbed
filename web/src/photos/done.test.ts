// @vitest-environment node
import { expect, it } from "vitest";
import { faceOf, OPTIONS, resultOf } from "@/test/samples";
import { ENGLISH, loadMessages } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { doneInWords } from "./done";

const t = wordsIn("en", ENGLISH);
const KEPT = faceOf({ action: "kept", strength: 0 });

it("tells of faces, size and colours", () => {
  const faces = [faceOf(), faceOf(), KEPT];
  const result = resultOf({ faces }, { ...OPTIONS, color_correction: "auto" });
  expect(doneInWords(result, 2, t)).toEqual([
    "2 faces restored.",
    "1 face not restored, enlarged like the rest of the picture.",
    "Enlarged ×2.",
    "Colours corrected.",
  ]);
});

it("tells of each face by what was done with it", () => {
  const faces = [faceOf({ action: "softened" }), faceOf({ action: "unchanged" })];
  expect(doneInWords(resultOf({ faces }), 1.5, t)).toEqual([
    "1 face softened to keep the likeness.",
    "1 face needed no restoration.",
    "Enlarged ×1.5.",
  ]);
});

it.each<[number | null, string, string]>([
  [1, "The size is as it was.", "treated"],
  [0.5, "Made smaller: ×0.5.", "treated"],
  [3.999, "Enlarged ×4.", "enlarged"],
  [null, "200 × 160 pixels.", "treated"],
])("tells the size for an enlargement of %s", (enlargement, size, kept) => {
  const words = doneInWords(resultOf({ faces: [KEPT] }), enlargement, t);
  expect(words).toEqual([`1 face not restored, ${kept} like the rest of the picture.`, size]);
});

it("tells how sharp the faces were, as far as that was measured", () => {
  const last = (...blurs: (number | null)[]) =>
    doneInWords(resultOf({ faces: blurs.map((blur) => faceOf({ blur })) }), 2, t).at(-1);
  expect(last(0.4)).toBe("In the photo the face was sharp (0.4 px).");
  expect(last(1)).toBe("In the photo the face was slightly blurred (1.0 px).");
  expect(last(2.13)).toBe("In the photo the face was blurred (2.1 px).");
  expect(last(0.4, 2, null)).toBe("In the photo 1 of 2 faces was sharp.");
  expect(last(null)).toBe("Enlarged ×2.");
});

it("has the plural forms of the person's language", async () => {
  const arabic = wordsIn("ar", await loadMessages("ar"));
  const words = (count: number) =>
    doneInWords(resultOf({ faces: Array.from({ length: count }, () => faceOf()) }), 2, arabic)[0];
  expect(words(2)).toBe("رُمِّم وجهان.");
  expect(words(3)).toMatch(/وجوه/);
});
