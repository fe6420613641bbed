// @vitest-environment node
import { expect, it } from "vitest";
import type { Face } from "@/api/types";
import { faceOf, factsOf } from "@/test/samples";
import { ENGLISH } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { verdictOf } from "./verdict";

const t = wordsIn("en", ENGLISH);
const SCALE = { threshold: 0.5, recogniser: "own-faces" };
const face = (identity_similarity: number | null, action: Face["action"] = "restored") =>
  faceOf({ identity_similarity, action });
const verdict = (faces: Face[], threshold: number | null = 0.5) =>
  verdictOf(factsOf({ faces }), { ...SCALE, threshold }, t);

it.each<[string, Face[], string, string]>([
  ["one face", [face(0.84)], "good", "Same person: 0.84 (threshold 0.50)"],
  [
    "the one face of several that was restored",
    [face(null, "kept"), face(0.7)],
    "good",
    "Same person: 0.70 (threshold 0.50)",
  ],
  ["a face at the threshold", [face(0.5)], "good", "Same person: 0.50 (threshold 0.50)"],
  ["another person", [face(0.41)], "bad", "May be taken for another person: 0.41 (threshold 0.50)"],
  ["a softened face", [face(0.6, "softened")], "good", "Same person: 0.60 (threshold 0.50)"],
  [
    "several faces, by the lowest",
    [face(0.9), face(0.61), face(0.1, "kept"), face(0.7)],
    "good",
    "Same people: lowest 0.61 at face 2 (threshold 0.50)",
  ],
  ["one of several", [face(0.9), face(0.4)], "bad", "Face 2 may be taken for another person: 0.40 (threshold 0.50)"],
  [
    "two of several",
    [face(0.3), face(0.9), face(0.4)],
    "bad",
    "2 faces may be taken for other people: lowest 0.30 at face 1 (threshold 0.50)",
  ],
  ["no face", [], "none", "No face was found"],
  ["faces that were all left", [face(null, "kept"), face(null, "unchanged")], "none", "No face was restored"],
])("judges %s", (_what, faces, tone, words) => {
  expect(verdict(faces)).toEqual({ tone, words, isUnknown: false });
});

it("is unknown where nothing was measured", () => {
  const unknown = { tone: "none", words: "Whether it is the same person is unknown", isUnknown: true };
  expect(verdict([face(null), face(0.9, "kept")])).toEqual(unknown);
});

it("does not judge without a threshold", () => {
  expect(verdict([face(0.84)], null)).toMatchObject({
    tone: "none",
    words: expect.stringContaining("0.84; the server did not say"),
  });
});
