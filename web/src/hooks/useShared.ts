"use client";

import { useEffect, useState } from "react";
import { countShared, discardShared, takeShared } from "@/photos/shared";

/** What the person is asked, or told, about photos that were shared with this page. */
export type Shared = { kind: "asks"; count: number } | { kind: "failed" } | null;

const FAILED = "?share=failed"; // public/sw.js opens the page with it

/**
 * Adds photos that other apps have shared, once they can be checked. The installed page takes them at once. In a tab the
 * person is asked, because a page of another site can send some too, which the server must not get unasked.
 */
export function useShared(isReady: boolean, onFiles: (files: File[]) => void) {
  const [shared, setShared] = useState<Shared>(null);
  const add = () => takeShared().then(onFiles);

  useEffect(() => {
    if (!isReady) return;
    const open = async () => {
      const count = await countShared();
      if (location.search === FAILED) {
        history.replaceState(history.state, "", location.pathname);
        setShared({ kind: "failed" });
      }
      if (count === 0) return;
      if (matchMedia("(display-mode: standalone)").matches) onFiles(await takeShared());
      else setShared({ kind: "asks", count });
    };
    open().catch(() => setShared({ kind: "failed" }));
  }, [isReady, onFiles]);

  const close = () => setShared(null);
  const answer = (done: Promise<void>) => done.then(close, () => setShared({ kind: "failed" }));
  return { shared, onAdd: () => answer(add()), onDiscard: () => answer(discardShared()), onClose: close };
}
