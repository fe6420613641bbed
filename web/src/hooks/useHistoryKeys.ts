"use client";

import { useEffect, useEffectEvent } from "react";

/** Where these keys belong to what is typed. */
const TEXT_FIELDS = "input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]";

/** Undo and redo by Ctrl+Z and Ctrl+Shift+Z or Ctrl+Y (on a Mac with ⌘), except in text fields and dialogs. */
export function useHistoryKeys(step: (by: -1 | 1) => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const by = stepOf(event);
    const { target } = event;
    const isElsewhere = target instanceof Element && target.closest(TEXT_FIELDS) !== null;
    if (by === null || isElsewhere || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    step(by);
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

function stepOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): -1 | 1 | null {
  if (!(ctrlKey || metaKey) || altKey) return null;
  if (key.toLowerCase() === "z") return shiftKey ? 1 : -1;
  return key.toLowerCase() === "y" && !shiftKey ? 1 : null;
}
