import type { Size } from "./photo";

/** Size of the upright picture at a URL, in pixels; null if the browser cannot show it. */
export function sizeOf(url: string): Promise<Size | null> {
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve(null);
    image.src = url;
  });
}
