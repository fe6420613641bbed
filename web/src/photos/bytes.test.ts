// @vitest-environment node
import { expect, it } from "vitest";
import { bytesInWords } from "./bytes";

it.each([
  [0, "0 byte"],
  [999, "999 byte"],
  [1000, "1 kB"],
  [1_234_567, "1.2 MB"],
  [48_400_000, "48 MB"],
  [3_210_000_000, "3.2 GB"],
  [5e15, "5,000,000 GB"],
])("%d bytes are %s", (bytes, words) => {
  expect(bytesInWords("en", bytes)).toBe(words);
});

it("are written in the manner of the language", () => {
  expect(bytesInWords("de", 1_234_567)).toBe("1,2 MB");
  expect(bytesInWords("fr", 1_234_567)).toMatch(/^1,2\sMo$/);
});
