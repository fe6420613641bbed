// @vitest-environment node
import { expect, it } from "vitest";
import { restorerInWords } from "./restorers";

it.each(["portrait-face", "compact-face", "gfpgan-v1.3", "gfpgan-v1.4"])("has words for %s", (name) => {
  expect(restorerInWords(name)).not.toBeNull();
});

it("has words that differ", () => {
  const words = ["portrait-face", "compact-face", "gfpgan-v1.4"].map(restorerInWords);
  expect(new Set(words).size).toBe(3);
});

it("has none for a restorer that it does not know", () => {
  expect(restorerInWords("own-face")).toBeNull();
});
