"use client";

import { useEffect, useState } from "react";

/** The picture at a URL once it is loaded; null before that, and if it cannot be loaded. */
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
