// @vitest-environment node
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ENGLISH, loadMessages } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { reasonInWords } from "./reasons";

const t = wordsIn("en", ENGLISH);

/** The files of the server that say why. */
const SERVER = ["plan", "steps/benefit", "steps/identity"]
  .map((name) => readFileSync(`../pipeline/${name}.py`, "utf8"))
  .join("\n");

it.each<[sentence: string, inTheServer: string, words: string]>([
  ["Left as it was, as asked for this face: upscaled only.", "", "As you asked for this face."],
  ["Strength 0: upscaled only.", "", "The strength was 0."],
  ["Not among the faces that were asked for.", "", "Not among the faces that were asked for."],
  [
    "Too small to restore: its eyes are under 5 pixels apart.",
    "",
    "Too small to restore: its eyes are under 5 pixels apart.",
  ],
  [
    "At 700 pixels larger than this restorer's 512, and not blurred enough: upscaled only.",
    "At {size} pixels larger than this restorer's {largest}, and not blurred enough: upscaled only.",
    "At 700 pixels larger than the 512 that this restorer draws, and sharp enough.",
  ],
  ["The restorer found nothing to change: upscaled only.", "", "The restorer found nothing to change."],
  ["Restored, it would be less sharp than upscaled only.", "", "Restored, it would be less sharp than enlarged only."],
  [
    "Restored, its similarity would be 0.31, under 0.5.",
    "Restored, its similarity would be {_under(",
    "Restored, its likeness would be 0.31, under 0.50.",
  ],
  [
    "Even at strength 0.125 its similarity would be -0.05, under 0.5.",
    "Even at strength {verdict.strength:g} its similarity would be {_under(",
    "Restored, its likeness would be -0.05, under 0.50.",
  ],
  [
    "Strength lowered from 1: at 0.75 the similarity would be 0.42, under 0.45.",
    "Strength lowered from {asked:g}: at {strength:g} the similarity would be {_under(",
    "Restored more strongly, its likeness would be 0.42, under 0.45.",
  ],
  ["Similarity is under 0.5.", "Similarity is under {threshold:g}.", "Its likeness is under 0.50."],
])("says %j of the server in the page's words", (sentence, inTheServer, words) => {
  expect(SERVER).toContain(inTheServer || sentence);
  expect(reasonInWords(sentence, t)).toBe(words);
});

it("is in the person's language, and the server's own where the page does not know it", async () => {
  const german = wordsIn("de", await loadMessages("de"));
  expect(reasonInWords("Similarity is under 0.5.", german)).toBe("Seine Ähnlichkeit liegt unter 0,50.");
  expect(reasonInWords("The moon was in the way.", german)).toBe("The moon was in the way.");
});
