import { act, createEvent, fireEvent, renderHook } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { fileOf, PNG } from "@/test/samples";
import { useArrivals } from "./useArrivals";

const file = fileOf(PNG);
const WITH_FILE = { dataTransfer: { types: ["Files"], files: [file] } };
const WITH_TEXT = { dataTransfer: { types: ["text/plain"], files: [] } };

function arriving() {
  const onFiles = vi.fn();
  const { result, unmount } = renderHook(() => useArrivals(onFiles));
  return { onFiles, isOver: () => result.current, unmount };
}

describe("drag and drop", () => {
  it("brings files", () => {
    const { onFiles, isOver } = arriving();
    fireEvent.dragEnter(document.body, WITH_FILE);
    expect(isOver()).toBe(true);
    fireEvent.drop(document.body, WITH_FILE);
    expect(isOver()).toBe(false);
    expect(onFiles).toHaveBeenCalledExactlyOnceWith([file]);
  });

  it("keeps the browser from opening the photo in place of the page", () => {
    arriving();
    for (const make of [createEvent.dragOver, createEvent.drop]) {
      const event = make(document.body, WITH_FILE);
      fireEvent(document.body, event);
      expect(event.defaultPrevented).toBe(true);
    }
  });

  it("knows that something is held over the page while it passes from one part of it to another", () => {
    const { isOver } = arriving();
    fireEvent.dragEnter(document.body, WITH_FILE);
    fireEvent.dragEnter(document.body, WITH_FILE);
    fireEvent.dragLeave(document.body, WITH_FILE);
    expect(isOver()).toBe(true);
    fireEvent.dragLeave(document.body, WITH_FILE);
    expect(isOver()).toBe(false);
  });

  it("leaves text alone", () => {
    const { onFiles, isOver } = arriving();
    fireEvent.dragEnter(document.body, WITH_TEXT);
    const drop = createEvent.drop(document.body, WITH_TEXT);
    fireEvent(document.body, drop);
    expect([isOver(), drop.defaultPrevented]).toEqual([false, false]);
    expect(onFiles).not.toHaveBeenCalled();
  });
});

describe("the clipboard", () => {
  it("brings a picture", () => {
    const { onFiles } = arriving();
    const paste = createEvent.paste(document.body, { clipboardData: { files: [file] } });
    fireEvent(document.body, paste);
    expect(onFiles).toHaveBeenCalledExactlyOnceWith([file]);
    expect(paste.defaultPrevented).toBe(true);
  });

  it("brings text to the field that it is meant for", () => {
    const { onFiles } = arriving();
    const paste = createEvent.paste(document.body, { clipboardData: { files: [] } });
    fireEvent(document.body, paste);
    expect(onFiles).not.toHaveBeenCalled();
    expect(paste.defaultPrevented).toBe(false);
  });
});

it("hears nothing once the page is left", () => {
  const { onFiles, unmount } = arriving();
  unmount();
  act(() => void fireEvent.drop(document.body, WITH_FILE));
  expect(onFiles).not.toHaveBeenCalled();
});
