// @vitest-environment node
import { expect, it } from "vitest";
import { typedNumber } from "./typedNumber";

it.each([
  ["12", 0, 12],
  [" 12 ", 0, 12],
  ["12.5", 1, 12.5],
  ["12,5", 1, 12.5],
  ["12,", 1, 12], // while it is being typed
  ["١٢٫٥", 1, 12.5],
  ["٤٠٠", 0, 400],
])("reads %j with %d decimals as %d", (text, decimals, number) => {
  expect(typedNumber(text, decimals)).toBe(number);
});

it.each([
  ["12.5", 0],
  ["12.55", 1],
  ["-3", 1],
  ["", 1],
  ["1,000.5", 1],
  ["many", 2],
  [".", 1],
])("does not read %j with %d decimals", (text, decimals) => {
  expect(typedNumber(text, decimals)).toBeNaN();
});
