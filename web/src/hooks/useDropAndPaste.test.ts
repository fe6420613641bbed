import { act, createEvent, fireEvent, renderHook } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fileOf, PNG } from "@/test/samples";
import { useDropAndPaste } from "./useDropAndPaste";

const file = fileOf(PNG);
const WITH_FILE = { dataTransfer: { types: ["Files"], files: [file] } };
const WITH_TEXT = { dataTransfer: { types: ["text/plain"], files: [] } };

function arriving() {
  const onFiles = vi.fn();
  const { result, unmount } = renderHook(() => useDropAndPaste(onFiles));
  return { onFiles, isOver: () => result.current, unmount };
}

describe("drag and drop", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("gives the dropped files", () => {
    const { onFiles, isOver } = arriving();
    fireEvent.dragOver(document.body, WITH_FILE);
    expect(isOver()).toBe(true);
    fireEvent.drop(document.body, WITH_FILE);
    expect(isOver()).toBe(false);
    expect(onFiles).toHaveBeenCalledExactlyOnceWith([file]);
  });

  it.each([
    ["a photo", WITH_FILE],
    ["a link", WITH_TEXT],
  ])("keeps the browser from opening %s in place of the page", (_what, carried) => {
    arriving();
    for (const make of [createEvent.dragOver, createEvent.drop]) {
      const event = make(document.body, carried);
      fireEvent(document.body, event);
      expect(event.defaultPrevented).toBe(true);
    }
  });

  it("reports a drag while the events go on", () => {
    vi.useFakeTimers();
    const { isOver } = arriving();
    fireEvent.dragOver(document.body, WITH_FILE);
    act(() => void vi.advanceTimersByTime(500));
    fireEvent.dragOver(document.body, WITH_FILE);
    act(() => void vi.advanceTimersByTime(500));
    expect(isOver()).toBe(true);
    act(() => void vi.advanceTimersByTime(500)); // no `dragleave` comes from an element that was removed
    expect(isOver()).toBe(false);
  });

  it("ignores text", () => {
    const { onFiles, isOver } = arriving();
    fireEvent.dragOver(document.body, WITH_TEXT);
    expect(isOver()).toBe(false);
    fireEvent.drop(document.body, WITH_TEXT);
    expect(onFiles).not.toHaveBeenCalled();
  });
});

describe("the clipboard", () => {
  it("gives a pasted picture", () => {
    const { onFiles } = arriving();
    const paste = createEvent.paste(document.body, { clipboardData: { files: [file] } });
    fireEvent(document.body, paste);
    expect(onFiles).toHaveBeenCalledExactlyOnceWith([file]);
    expect(paste.defaultPrevented).toBe(true);
  });

  it("leaves pasted text to the focused field", () => {
    const { onFiles } = arriving();
    const paste = createEvent.paste(document.body, { clipboardData: { files: [] } });
    fireEvent(document.body, paste);
    expect(onFiles).not.toHaveBeenCalled();
    expect(paste.defaultPrevented).toBe(false);
  });
});

it("stops listening on unmount", () => {
  const { onFiles, unmount } = arriving();
  unmount();
  act(() => void fireEvent.drop(document.body, WITH_FILE));
  expect(onFiles).not.toHaveBeenCalled();
});
