/** How blurred a face was, in words. */
import type { MessageKey, Words } from "@/words/words";

/** Up to this blur, in pixels of the photo, a face counts as the word says. */
const STEPS = [
  [0.7, "options.blur.sharp"],
  [1.5, "options.blur.slight"],
  [Infinity, "options.blur.blurred"],
] as const satisfies readonly (readonly [below: number, words: MessageKey])[];

/** "slightly blurred · 1.2 px"; null if it was not measured, as by a server that does not measure it yet. */
export function blurInWords(blur: number | null | undefined, t: Words): string | null {
  if (typeof blur !== "number") return null;
  return t(STEPS.find(([below]) => blur < below)?.[1] ?? "options.blur.blurred", { blur });
}
