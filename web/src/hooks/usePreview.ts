"use client";

import { useEffect, useRef, useState, type RefObject } from "react";
import { fetchPicture } from "@/api/batches";

/** How far outside of what is seen a preview is fetched already. */
const MARGIN = "200px";

/** A small picture of a job's result, fetched once the element of the ref is seen; null before that, and without one. */
export function usePreview<T extends HTMLElement>(
  job: string | null,
  key: string | null,
): { element: RefObject<T | null>; url: string | null } {
  const element = useRef<T>(null);
  const [isSeen, setSeen] = useState(false);
  const [url, setUrl] = useState<string | null>(null);

  useEffect(() => {
    if (element.current === null) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
      },
      { rootMargin: MARGIN },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (!isSeen || job === null) return undefined;
    const controller = new AbortController();
    let made: string | null = null;
    fetchPicture(job, "preview", { key, signal: controller.signal }).then(
      (blob) => {
        if (controller.signal.aborted) return;
        made = URL.createObjectURL(blob);
        setUrl(made);
      },
      () => setUrl(null), // its row stays without a picture; what is wrong with the server is said for the whole set
    );
    return () => {
      controller.abort();
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [isSeen, job, key]);

  return { element, url };
}
