"use client";

import { useEffect, useState } from "react";

const DRAG_TIMEOUT_MS = 600; // browsers say at least every 350 ms that something is still held

/** Photos that come by drag and drop or from the clipboard, anywhere on the page. Whether something is held over it. */
export function useDropAndPaste(onFiles: (files: File[]) => void): boolean {
  const [isOver, setOver] = useState(false);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ends = () => {
      clearTimeout(timer);
      setOver(false);
    };
    // It is told again and again while something is held. That it has left is not, if what it was over is gone.
    const over = (event: DragEvent) => {
      event.preventDefault(); // also of a link: the browser would leave the page for it
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
      if (files.length === 0) return; // text, for a field
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
