// @vitest-environment node
import { expect, it } from "vitest";
import { ENGLISH } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { restorerInWords } from "./restorers";

const t = wordsIn("en", ENGLISH);

it.each(["portrait-face", "compact-face", "gfpgan-v1.3", "gfpgan-v1.4"])("has words for %s", (name) => {
  expect(restorerInWords(name, t)).not.toBeNull();
});

it("has words that differ", () => {
  const words = ["portrait-face", "compact-face", "gfpgan-v1.4"].map((name) => restorerInWords(name, t));
  expect(new Set(words).size).toBe(3);
});

it("has none for a restorer that it does not know", () => {
  expect(restorerInWords("own-face", t)).toBeNull();
});
