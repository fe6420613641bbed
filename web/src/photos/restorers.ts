/** What each restorer does to a face, for people who do not know it by name. */
import type { MessageKey, Words } from "@/words/words";

/** By the start of the name, because a model may come in several versions. */
const WORDS = [
  ["portrait-face", "options.restorers.portrait"],
  ["compact-face", "options.restorers.compact"],
  ["gfpgan", "options.restorers.gfpgan"],
] as const satisfies readonly (readonly [start: string, words: MessageKey])[];

/** Null for a restorer that this page does not know, such as one of the server's own. */
export function restorerInWords(name: string, t: Words): string | null {
  const words = WORDS.find(([start]) => name.startsWith(start))?.[1];
  return words === undefined ? null : t(words);
}
