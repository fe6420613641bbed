// @vitest-environment node
import { expect, it } from "vitest";
import { letterOf } from "./keys";

it.each([
  ["z", "KeyZ", "z"],
  ["Z", "KeyZ", "z"],
  ["z", "KeyY", "z"], // a German keyboard
  ["ئ", "KeyZ", "z"], // an Arabic one
  ["لا", "KeyB", "b"], // one of its keys writes two letters
  ["я", "KeyZ", "z"],
  ["ö", "Semicolon", "ö"],
  ["ş", "KeyS", "ş"], // a Latin letter is itself
  ["+", "BracketRight", "+"],
  ["ArrowLeft", "ArrowLeft", "ArrowLeft"],
  ["Escape", "Escape", "Escape"],
  [" ", "Space", " "],
])("of %j at %s is %j", (key, code, letter) => {
  expect(letterOf({ key, code })).toBe(letter);
});
