"use client";

import { useState } from "react";
import { useStored } from "./useStored";

export const HINTS = ["compare", "faces", "results"] as const;

export type Hint = (typeof HINTS)[number];

export type Tour = {
  /** What is said now; null: nothing. */
  hint: Hint | null;
  /** The next hint, or the end after the last one. */
  next: () => void;
  close: () => void;
  restart: () => void;
};

/** A few hints beside the first result, once in this browser, and again when a person asks for them. */
export function useTour(hasResult: boolean): Tour {
  const [seen, setSeen] = useStored("localStorage", "likeness.tour");
  const [place, setPlace] = useState(0);
  const close = () => {
    setSeen("seen");
    setPlace(0);
  };
  const isLast = place === HINTS.length - 1;
  return {
    hint: hasResult && seen === null ? (HINTS[place] ?? null) : null,
    next: () => (isLast ? close() : setPlace(place + 1)),
    close,
    restart: () => {
      setPlace(0);
      setSeen(null);
    },
  };
}
