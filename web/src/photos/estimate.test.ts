// @vitest-environment node
import { expect, it } from "vitest";
import { dryRunOf, faceOf } from "@/test/samples";
import { wordsIn } from "@/words/words";
import { ENGLISH } from "@/words/messages";
import { aboutInWords, facesInWords, memoryInWords, spokenLook } from "./estimate";

const t = wordsIn("en", ENGLISH);

it.each([
  [0.3, "less than 1 s", "less than a second"],
  [1.2, "about 1 s", "about 1 second"],
  [7.6, "about 8 s", "about 8 seconds"],
  [23, "about 25 s", "about 25 seconds"],
  [88, "about 90 s", "about 90 seconds"],
  [100, "about 2 minutes", "about 2 minutes"],
  [1234, "about 21 minutes", "about 21 minutes"],
])("%d seconds are %s", (seconds, written, spoken) => {
  expect(aboutInWords(seconds, t)).toBe(written);
  const look = dryRunOf({ estimate: { seconds, stages_s: {}, memory_bytes: 1 } });
  expect(spokenLook(look, t)).toBe(`1 face found, ${spoken}.`);
});

it("faces are counted in words", () => {
  const found = faceOf();
  const marked = faceOf({ landmarks_estimated: true });
  const words = [[], [found], [found, found, found], [found, marked, found], [marked], [marked, marked]].map((faces) =>
    facesInWords(faces, t),
  );
  expect(words).toEqual([
    "No face found",
    "1 face found",
    "3 faces found",
    "2 faces found, 1 more marked",
    "1 face marked",
    "2 faces marked",
  ]);
});

it("a look is told in a sentence, and its memory in another", () => {
  expect(spokenLook(dryRunOf({ faces: [faceOf(), faceOf()] }), t)).toBe("2 faces found, about 8 seconds.");
  expect(memoryInWords(dryRunOf(), t)).toBe("Needs 215 MB of the server’s memory");
});
