import { act, createEvent, fireEvent, renderHook } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fileOf, PNG } from "@/test/samples";
import { useDropAndPaste } from "./useDropAndPaste";

const file = fileOf(PNG);
const LINK = "https://example.org/oma.jpg";
/** What is dragged: its files, and a text of each type. */
const carrying = (files: File[], texts: Record<string, string> = {}) => ({
  types: [...(files.length > 0 ? ["Files"] : []), ...Object.keys(texts)],
  files,
  getData: (type: string) => texts[type] ?? "",
});
const WITH_FILE = { dataTransfer: carrying([file]) };
const WITH_TEXT = { dataTransfer: carrying([], { "text/plain": LINK }) };
const WITH_LINK = { dataTransfer: carrying([], { "text/uri-list": `${LINK}\r\n`, "text/plain": LINK }) };

function arriving({ takesAddresses = true } = {}) {
  const onItems = vi.fn();
  const { result, unmount } = renderHook(() => useDropAndPaste(onItems, takesAddresses));
  return { onItems, isOver: () => result.current, unmount };
}

describe("drag and drop", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("gives the dropped files", () => {
    const { onItems, isOver } = arriving();
    fireEvent.dragOver(document.body, WITH_FILE);
    expect(isOver()).toBe(true);
    fireEvent.drop(document.body, WITH_FILE);
    expect(isOver()).toBe(false);
    expect(onItems).toHaveBeenCalledExactlyOnceWith([file]);
  });

  it.each([
    ["a photo", WITH_FILE],
    ["a text", WITH_TEXT],
    ["a link", WITH_LINK],
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
    const { onItems, isOver } = arriving();
    fireEvent.dragOver(document.body, WITH_TEXT);
    expect(isOver()).toBe(false);
    fireEvent.drop(document.body, WITH_TEXT);
    expect(onItems).not.toHaveBeenCalled();
  });
});

describe("a dragged link", () => {
  it("gives its address", () => {
    const { onItems, isOver } = arriving();
    fireEvent.dragOver(document.body, WITH_LINK);
    expect(isOver()).toBe(true);
    fireEvent.drop(document.body, WITH_LINK);
    expect(onItems).toHaveBeenCalledExactlyOnceWith([LINK]);
  });

  it("is given without an invitation where addresses are not taken, for the page to say so", () => {
    const { onItems, isOver } = arriving({ takesAddresses: false });
    fireEvent.dragOver(document.body, WITH_LINK);
    expect(isOver()).toBe(false);
    fireEvent.drop(document.body, WITH_LINK);
    expect(onItems).toHaveBeenCalledExactlyOnceWith([LINK]);
  });

  it("gives the picture itself where the browser has it", () => {
    const { onItems } = arriving();
    fireEvent.drop(document.body, { dataTransfer: carrying([file], { "text/uri-list": LINK }) });
    expect(onItems).toHaveBeenCalledExactlyOnceWith([file]);
  });

  it("does nothing if it is one of this page", () => {
    const { onItems, isOver } = arriving();
    fireEvent.dragStart(document.body);
    fireEvent.dragOver(document.body, WITH_LINK);
    expect(isOver()).toBe(false);
    fireEvent.drop(document.body, WITH_LINK);
    expect(onItems).not.toHaveBeenCalled();
    fireEvent.dragEnd(document.body);
    fireEvent.drop(document.body, WITH_LINK);
    expect(onItems).toHaveBeenCalledOnce();
  });
});

describe("the clipboard", () => {
  const pasting = (target: Element, files: File[], text = "") => {
    const paste = createEvent.paste(target, { clipboardData: carrying(files, { "text/plain": text }) });
    fireEvent(target, paste);
    return paste;
  };

  it("gives a pasted picture", () => {
    const { onItems } = arriving();
    const paste = pasting(document.body, [file]);
    expect(onItems).toHaveBeenCalledExactlyOnceWith([file]);
    expect(paste.defaultPrevented).toBe(true);
  });

  it("gives a pasted address", () => {
    const { onItems } = arriving();
    const paste = pasting(document.body, [], LINK);
    expect(onItems).toHaveBeenCalledExactlyOnceWith([LINK]);
    expect(paste.defaultPrevented).toBe(true);
  });

  it("ignores other text", () => {
    const { onItems } = arriving();
    const paste = pasting(document.body, [], "some words");
    expect(onItems).not.toHaveBeenCalled();
    expect(paste.defaultPrevented).toBe(false);
  });

  it.each([
    ["text", false],
    ["url", false],
    ["password", false],
    ["radio", true],
    ["checkbox", true],
    ["range", true],
  ])("takes an address that is pasted while an input of type %s is focused: %s", (type, isTaken) => {
    const { onItems } = arriving();
    const field = document.body.appendChild(document.createElement("input"));
    field.type = type;
    const paste = pasting(field, [], LINK);
    field.remove();
    expect(onItems.mock.calls).toEqual(isTaken ? [[[LINK]]] : []);
    expect(paste.defaultPrevented).toBe(isTaken);
  });
});

it("stops listening on unmount", () => {
  const { onItems, unmount } = arriving();
  unmount();
  act(() => void fireEvent.drop(document.body, WITH_FILE));
  expect(onItems).not.toHaveBeenCalled();
});
