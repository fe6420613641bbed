"use client";

import { useCallback, useSyncExternalStore } from "react";

type Store = "localStorage" | "sessionStorage";

/**
 * A text in the browser's storage, or null, its setter, and whether it is really stored: if storage fails, the text lasts
 * as long as the page.
 */
export function useStored(store: Store, name: string): [string | null, (value: string | null) => void, boolean] {
  const subscribe = useCallback(
    (changed: () => void) => {
      const listen = (event: Event) => {
        if (!(event instanceof StorageEvent) || event.key === name || event.key === null) changed();
      };
      window.addEventListener("storage", listen);
      window.addEventListener(`stored:${name}`, listen);
      return () => {
        window.removeEventListener("storage", listen);
        window.removeEventListener(`stored:${name}`, listen);
      };
    },
    [name],
  );
  const value = useSyncExternalStore(
    subscribe,
    () => read(store, name),
    () => null,
  );
  const write = useCallback(
    (next: string | null) => {
      try {
        if (next === null) window[store].removeItem(name);
        else window[store].setItem(name, next);
        fallback.delete(name);
      } catch {
        fallback.set(name, next); // the browser stores nothing
      }
      window.dispatchEvent(new Event(`stored:${name}`));
    },
    [store, name],
  );
  const isStored = useSyncExternalStore(
    subscribe,
    () => !fallback.has(name),
    () => true,
  );
  return [value, write, isStored];
}

/** Values that the browser refused to store. */
const fallback = new Map<string, string | null>();

function read(store: Store, name: string): string | null {
  const held = fallback.get(name);
  if (held !== undefined) return held;
  try {
    return window[store].getItem(name);
  } catch {
    return null;
  }
}
