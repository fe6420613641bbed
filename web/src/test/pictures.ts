/** Pictures, which jsdom does not load: every one is of the same size, or none can be shown. */
import { vi } from "vitest";
import type { Size } from "@/photos/photo";

/** Pictures are of this size from here on; what is given back changes it. */
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
