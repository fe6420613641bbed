"use client";

import { useEffect, useEffectEvent } from "react";
import { hasResult, isAtWork } from "@/photos/leaving";
import type { Photo } from "@/photos/photo";

/**
 * Lets the browser ask before the page is left with work under way, or with results that are not kept. `isKept`: whether
 * everything is kept that can be.
 */
export function useLeaving(photos: readonly Photo[], isKept: () => boolean): void {
  // The browser makes a page slower to come back to that listens without need.
  const isListening = photos.some((photo) => isAtWork(photo) || hasResult(photo));
  const isLost = useEffectEvent(() => photos.some(isAtWork) || (photos.some(hasResult) && !isKept()));
  useEffect(() => {
    if (!isListening) return undefined;
    const ask = (event: BeforeUnloadEvent) => {
      if (isLost()) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isListening]);
}
