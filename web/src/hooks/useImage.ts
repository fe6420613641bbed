"use client";

import { useEffect, useState } from "react";

/** The picture at a URL once it is loaded; null before that, and if it cannot be loaded. Without a URL none is loaded. */
export function useImage(url: string | null): HTMLImageElement | null {
  const [loaded, setLoaded] = useState<{ url: string; image: HTMLImageElement } | null>(null);
  useEffect(() => {
    if (url === null) return undefined;
    let isWanted = true;
    const image = new Image();
    image.onload = () => isWanted && setLoaded({ url, image });
    image.src = url;
    return () => {
      isWanted = false;
    };
  }, [url]);
  return loaded !== null && loaded.url === url ? loaded.image : null;
}
