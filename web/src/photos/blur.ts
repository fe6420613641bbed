/** How blurred a face was, in words. */
import type { Words } from "@/words/words";

/** Up to this blur, in pixels of the photo, a face counts as the word says. */
const STEPS = [
  [0.7, "sharp"],
  [1.5, "slight"],
  [Infinity, "blurred"],
] as const satisfies readonly (readonly [below: number, sharpness: Sharpness])[];

export type Sharpness = "sharp" | "slight" | "blurred";

export function sharpnessOf(blur: number): Sharpness {
  return STEPS.find(([below]) => blur < below)?.[1] ?? "blurred";
}

/** "slightly blurred · 1.2 px"; null if it was not measured, as by a server that does not measure it yet. */
export function blurInWords(blur: number | null | undefined, t: Words): string | null {
  if (typeof blur !== "number") return null;
  return t(`options.blur.${sharpnessOf(blur)}`, { blur });
}
