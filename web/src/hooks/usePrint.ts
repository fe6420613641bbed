"use client";

import { firstPrint, savedPrint, type Print } from "@/photos/print";
import { useStored } from "./useStored";

/**
 * How this browser measures prints, and its setter; and whether the size is chosen on paper, not in pixels, and the setter
 * of that. Both are remembered.
 */
export function usePrint() {
  const [saved, save] = useStored("localStorage", "likeness.print");
  const [sizeIn, setSizeIn] = useStored("localStorage", "likeness.size");
  const language = typeof navigator === "undefined" ? undefined : navigator.languages[0];
  return {
    print: savedPrint(saved) ?? firstPrint(language),
    setPrint: (print: Print) => save(JSON.stringify(print)),
    isForPrint: sizeIn === "print",
    setForPrint: (isForPrint: boolean) => setSizeIn(isForPrint ? "print" : null),
  };
}
