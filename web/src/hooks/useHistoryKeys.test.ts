import { fireEvent, renderHook } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { useHistoryKeys } from "./useHistoryKeys";

const step = vi.fn();
beforeEach(() => {
  step.mockReset();
  document.body.innerHTML = "<input><input type=range><div>elsewhere</div>";
  renderHook(() => useHistoryKeys(step));
});

const on = (selector: string) => document.querySelector(selector) as Element;

it.each([
  [{ key: "z", ctrlKey: true }, -1],
  [{ key: "z", metaKey: true }, -1],
  [{ key: "Z", ctrlKey: true, shiftKey: true }, 1],
  [{ key: "y", ctrlKey: true }, 1],
  [{ key: "ئ", code: "KeyZ", ctrlKey: true }, -1], // on an Arabic keyboard
] as const)("%j goes by %i", (keys, by) => {
  const isLeft = fireEvent.keyDown(on("div"), keys);
  expect(step).toHaveBeenCalledExactlyOnceWith(by);
  expect(isLeft).toBe(false); // the browser does nothing of its own
});

it.each([{ key: "z" }, { key: "z", ctrlKey: true, altKey: true }, { key: "x", ctrlKey: true }])(
  "%j does nothing",
  (keys) => {
    expect(fireEvent.keyDown(on("div"), keys)).toBe(true);
    expect(step).not.toHaveBeenCalled();
  },
);

it("leaves the keys to a text field, but not to a slider", () => {
  expect(fireEvent.keyDown(on("input"), { key: "z", ctrlKey: true })).toBe(true);
  expect(step).not.toHaveBeenCalled();
  fireEvent.keyDown(on("input[type=range]"), { key: "z", ctrlKey: true });
  expect(step).toHaveBeenCalledOnce();
});

it("does nothing behind a dialog", () => {
  document.body.insertAdjacentHTML("beforeend", "<dialog open></dialog>");
  fireEvent.keyDown(on("div"), { key: "z", ctrlKey: true });
  expect(step).not.toHaveBeenCalled();
});
