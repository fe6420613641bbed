/** How blurred a face was, in words. */

/** Up to this blur, in pixels of the photo, a face counts as the word says. */
const STEPS: readonly (readonly [below: number, word: string])[] = [
  [0.7, "sharp"],
  [1.5, "slightly blurred"],
  [Infinity, "blurred"],
];

/** "slightly blurred · 1.2 px"; null if it was not measured, as by a server that does not measure it yet. */
export function blurInWords(blur: number | null | undefined): string | null {
  if (typeof blur !== "number") return null;
  const word = STEPS.find(([below]) => blur < below)?.[1] ?? "blurred";
  return `${word} · ${blur.toFixed(1)} px`;
}
