"use client";

import { useEffect, useState } from "react";

const DRAG_TIMEOUT_MS = 600; // browsers send `dragover` at least every 350 ms while something is dragged

/** Takes files that are dropped or pasted anywhere on the page. Returns whether files are being dragged over it. */
export function useDropAndPaste(onFiles: (files: File[]) => void): boolean {
  const [isOver, setOver] = useState(false);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ends = () => {
      clearTimeout(timer);
      setOver(false);
    };
    // `dragover` repeats during a drag, so a timer ends it. `dragleave` is not sent if the element under it is removed.
    const over = (event: DragEvent) => {
      event.preventDefault(); // for links too: the browser would open a dropped link in place of the page
      if (!event.dataTransfer?.types.includes("Files")) return;
      clearTimeout(timer);
      timer = setTimeout(ends, DRAG_TIMEOUT_MS);
      setOver(true);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      ends();
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) onFiles(files);
    };
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return; // pasted text belongs to the focused field
      event.preventDefault();
      onFiles(files);
    };
    window.addEventListener("dragover", over);
    window.addEventListener("drop", drop);
    window.addEventListener("paste", paste);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("dragover", over);
      window.removeEventListener("drop", drop);
      window.removeEventListener("paste", paste);
    };
  }, [onFiles]);

  return isOver;
}
