"use client";

import { useEffect, useRef } from "react";
import type { Photo } from "@/photos/photo";

/** Lets the browser free the pictures of photos and results that the page no longer has. */
export function useFreedPictures(photos: readonly Photo[]): void {
  const held = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const present = new Set(photos.flatMap(urlsOf));
    for (const url of held.current) if (!present.has(url)) URL.revokeObjectURL(url);
    held.current = present;
  }, [photos]);
}

function urlsOf({ url, results }: Photo): string[] {
  return [url, ...results.map((result) => result.url)].filter((one) => one !== "");
}
