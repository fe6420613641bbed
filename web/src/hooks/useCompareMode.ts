"use client";

import { useStored } from "./useStored";

/** A movable line, two panes, or what is not the same in both pictures. */
export const COMPARE_MODES = ["slider", "beside", "difference"] as const;

export type CompareMode = (typeof COMPARE_MODES)[number];

/** How a person compares two pictures, remembered in this browser. */
export function useCompareMode(): [CompareMode, (mode: CompareMode) => void] {
  const [stored, setStored] = useStored("localStorage", "likeness.compare");
  const mode = COMPARE_MODES.find((one) => one === stored) ?? "slider";
  return [mode, setStored];
}
