"use client";

import { DEFAULT_PATTERN } from "@/photos/names";
import { useStored } from "./useStored";

/** The pattern for names of files, which this browser remembers, and its setter; null sets the usual one. */
export function useNamePattern(): [string, (pattern: string | null) => void] {
  const [stored, store] = useStored("localStorage", "likeness.names");
  return [stored ?? DEFAULT_PATTERN, store];
}
