/** The names of files that are taken away, by a pattern that the person chooses. */
import type { Job } from "@/api/types";
import { FORMATS } from "./formats";
import type { Photo, Result } from "./photo";

export const DEFAULT_PATTERN = "{name}-likeness";

/** What a pattern may have in braces. */
export const TOKENS = ["name", "size", "date", "restorer", "scale", "n"] as const;
export type Token = (typeof TOKENS)[number];

/** What is known of a file; null: unknown, and left out of its name. */
export type Named = { values: Record<Token, string | null>; mediaType: string };

/** Of a result: its photo is the n-th (from 1) of `count`. */
export function namedOf({ name, size }: Photo, { facts, request }: Result, n: number, count: number): Named {
  const { options } = request;
  const known = options.long_side === null ? options.upscale_factor : null;
  const scale = size === null ? known : Math.round((facts.width / size.width) * 100) / 100;
  return {
    mediaType: facts.media_type,
    values: {
      name: stemOf(name),
      size: `${facts.width}x${facts.height}`,
      date: today(),
      restorer: facts.models.restorer ?? null,
      scale: scale === null ? null : `x${scale}`,
      n: numbered(n, count),
    },
  };
}

/** Of the n-th job of `count`. Without its report it is not known how its result was made. */
export function namedOfJob({ file_name, result }: Job, n: number, count: number): Named {
  return {
    mediaType: result?.media_type ?? "",
    values: {
      name: stemOf(file_name),
      size: result && `${result.width}x${result.height}`,
      date: today(),
      restorer: null,
      scale: null,
      n: numbered(n, count),
    },
  };
}

/** "07" of 12 */
function numbered(n: number, count: number): string {
  return String(n).padStart(String(count).length, "0");
}

/** "portrait.jpeg" → "portrait" */
export function stemOf(name: string): string {
  return name.replace(/\.[^.\s]{1,5}$/, "");
}

/** "2026-11-28", by the clock of this computer. */
export function today(now = new Date()): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** A name that any system can store: "portrait-likeness.png". */
export function fileName(pattern: string, { values, mediaType }: Named): string {
  const filled = (pattern.trim() || DEFAULT_PATTERN).replaceAll(/([-_ .]*)\{(\w+)\}/g, (text, before, token) => {
    if (!isToken(token)) return text;
    const value = values[token];
    return value === null || value === "" ? "" : `${before}${value}`;
  });
  return `${safe(filled) || "photo"}.${FORMATS[mediaType]?.extension ?? "bin"}`;
}

function isToken(text: string): text is Token {
  return (TOKENS as readonly string[]).includes(text);
}

/** With the ending and others room in the 255 bytes that file systems have for a name. */
const MOST_BYTES = 200;
/** What Windows or a path takes for something else, and what turns the direction of writing. */
const FORBIDDEN = /[<>:"/\\|?*\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** Devices of Windows. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

function safe(text: string): string {
  const clean = text.normalize("NFC").replaceAll(FORBIDDEN, "_").replaceAll(/\s+/g, " ");
  const trimmed = clean.replace(/^[-_ .]+/, "").replace(/[-_ .]+$/, "");
  return shortened(trimmed.replace(RESERVED, "_$1"));
}

function shortened(text: string): string {
  const encoder = new TextEncoder();
  let bytes = 0;
  const kept = [...text].filter((character) => (bytes += encoder.encode(character).length) <= MOST_BYTES);
  return kept.join("").trimEnd();
}

/** The same names, later ones with a number where another has it already; capitals make no difference on every system. */
export function unique(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const [, stem = name, ending = ""] = /^(.*?)(\.[^.]*)?$/.exec(name) ?? [];
    let free = name;
    for (let count = 2; taken.has(free.toLowerCase()); count += 1) free = `${stem} (${count})${ending}`;
    taken.add(free.toLowerCase());
    return free;
  });
}
