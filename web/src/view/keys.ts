/** Keys, whatever the keyboard. */

type Key = { key: string; code: string };

/**
 * The name of a key, letters as small Latin ones. Where a keyboard writes other letters, as an Arabic one does, it is the
 * letter at the same place of a Latin one, as for the browser's own shortcuts.
 */
export function letterOf({ key, code }: Key): string {
  if (key.length === 1 && key <= "~") return key.toLowerCase();
  const [, letter] = /^Key([A-Z])$/.exec(code) ?? [];
  return /^\p{Script=Latin}/u.test(key) || letter === undefined ? key : letter.toLowerCase();
}
