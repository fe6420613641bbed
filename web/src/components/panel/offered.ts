/** The words for those choices that the server offers. */
export function offered<T extends string>(words: Readonly<Record<T, string>>, choices: readonly string[] | undefined) {
  return Object.fromEntries(Object.entries(words).filter(([name]) => choices?.includes(name))) as Record<T, string>;
}
