/** What each restorer does to a face, for people who do not know it by name. */

/** By the start of the name, because a model may come in several versions. */
const WORDS: readonly (readonly [start: string, words: string])[] = [
  ["portrait-face", "Rebuild blurred and worn faces"],
  ["compact-face", "Sharpen and clean"],
  ["gfpgan", "Draw faces anew; details may be invented"],
];

/** Null for a restorer that this page does not know, such as one of the server's own. */
export function restorerInWords(name: string): string | null {
  return WORDS.find(([start]) => name.startsWith(start))?.[1] ?? null;
}
