import type { MessageKey, Words } from "@/words/words";

/** The words for those choices that the server offers. */
export function offered<T extends string>(words: Readonly<Record<T, string>>, choices: readonly string[] | undefined) {
  return Object.fromEntries(Object.entries(words).filter(([name]) => choices?.includes(name))) as Record<T, string>;
}

/** The words of each choice. */
export function inWords<T extends string>(keys: Readonly<Record<T, MessageKey>>, t: Words) {
  return Object.fromEntries(Object.entries<MessageKey>(keys).map(([name, key]) => [name, t(key)])) as Record<T, string>;
}
