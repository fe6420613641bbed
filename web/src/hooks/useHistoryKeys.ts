"use client";

import { useEffect, useEffectEvent } from "react";
import { letterOf } from "@/view/keys";

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

function stepOf(event: KeyboardEvent): -1 | 1 | null {
  const { ctrlKey, metaKey, altKey, shiftKey } = event;
  if (!(ctrlKey || metaKey) || altKey) return null;
  const letter = letterOf(event);
  if (letter === "z") return shiftKey ? 1 : -1;
  return letter === "y" && !shiftKey ? 1 : null;
}
