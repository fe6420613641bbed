import type { Size } from "./photo";

/** Width and height of the picture at an address, upright; null for what the browser cannot show. */
export function sizeOf(url: string): Promise<Size | null> {
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve(null);
    image.src = url;
  });
}
