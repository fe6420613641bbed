/** Fake pictures, because jsdom loads none. */
import { vi } from "vitest";
import type { Size } from "@/photos/photo";

/** Every picture has this size, or fails to load if it is null. Returns a function that changes the size. */
export function servePictures(size: Size | null): (size: Size | null) => void {
  let served = size;
  vi.stubGlobal(
    "Image",
    class {
      naturalWidth = 0;
      naturalHeight = 0;
      onload: (() => void) | null = null;
      onerror: (() => void) | null = null;
      set src(_url: string) {
        this.naturalWidth = served?.width ?? 0;
        this.naturalHeight = served?.height ?? 0;
        queueMicrotask(() => (served === null ? this.onerror?.() : this.onload?.()));
      }
    },
  );
  return (other) => {
    served = other;
  };
}
