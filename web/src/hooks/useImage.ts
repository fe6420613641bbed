"use client";

import { useEffect, useState } from "react";

/** The picture behind an address, once it is decoded; null until then, and if there is none. */
export function useImage(url: string): HTMLImageElement | null {
  const [loaded, setLoaded] = useState<HTMLImageElement | null>(null);
  useEffect(() => {
    let isWanted = true;
    const image = new Image();
    image.onload = () => isWanted && setLoaded(image);
    image.src = url;
    return () => {
      isWanted = false;
    };
  }, [url]);
  return loaded;
}
