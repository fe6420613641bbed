"use client";

import { useEffect, useState } from "react";
import { addressesIn } from "@/photos/address";
import type { Item } from "./useIntake";

const LINKS = "text/uri-list";
/** What takes pasted text, unlike the radio buttons, checkboxes and ranges of this page. */
const TEXT_FIELDS = "input:not([type=radio], [type=checkbox], [type=range]), textarea";
const DRAG_TIMEOUT_MS = 600; // browsers send `dragover` at least every 350 ms while something is dragged

/**
 * Takes files, and addresses of photos, that are dropped or pasted anywhere on the page. Returns whether something is
 * being dragged over it that can be added: with `takesAddresses` links too.
 */
export function useDropAndPaste(onItems: (items: Item[]) => void, takesAddresses: boolean): boolean {
  const [isOver, setOver] = useState(false);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOwn = false; // a link of this page is dragged
    const ownBegins = () => (isOwn = true);
    const ownEnds = () => (isOwn = false);
    const ends = () => {
      clearTimeout(timer);
      setOver(false);
    };
    // `dragover` repeats during a drag, so a timer ends it. `dragleave` is not sent if the element under it is removed.
    const over = (event: DragEvent) => {
      event.preventDefault(); // for links too: the browser would open a dropped link in place of the page
      const types = event.dataTransfer?.types ?? [];
      const isAddress = takesAddresses && !isOwn && types.includes(LINKS);
      if (!isAddress && !types.includes("Files")) return;
      clearTimeout(timer);
      timer = setTimeout(ends, DRAG_TIMEOUT_MS);
      setOver(true);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      ends();
      const items = itemsOf(event.dataTransfer, isOwn ? null : LINKS);
      if (items.length > 0) onItems(items);
    };
    const paste = (event: ClipboardEvent) => {
      const { clipboardData, target } = event;
      const isInField = target instanceof Element && target.closest(TEXT_FIELDS) !== null;
      const items = itemsOf(clipboardData, isInField ? null : "text/plain");
      if (items.length === 0) return; // pasted text belongs to the focused field
      event.preventDefault();
      onItems(items);
    };
    window.addEventListener("dragstart", ownBegins);
    window.addEventListener("dragend", ownEnds);
    window.addEventListener("dragover", over);
    window.addEventListener("drop", drop);
    window.addEventListener("paste", paste);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("dragstart", ownBegins);
      window.removeEventListener("dragend", ownEnds);
      window.removeEventListener("dragover", over);
      window.removeEventListener("drop", drop);
      window.removeEventListener("paste", paste);
    };
  }, [onItems, takesAddresses]);

  return isOver;
}

/**
 * The files, or without any the addresses in the text of this type (null: none are wanted). Of a picture from another
 * page browsers often give both.
 */
function itemsOf(carried: DataTransfer | null, type: string | null): Item[] {
  const files = [...(carried?.files ?? [])];
  if (carried === null || files.length > 0 || type === null) return files;
  return addressesIn(carried.getData(type));
}
