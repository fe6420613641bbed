import compile from "icu-minify/compile";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LOCALES, type Locale } from "@/words/locales";

type Tree = { [key: string]: string | Tree };

/** Of a compiled message: "name" or "name:plural", the plural forms that it has, and its words. */
type Parts = { values: Set<string>; plurals: Set<string>[]; words: string[] };

/** As icu-minify counts them. */
const KINDS = ["#", "select", "plural", "ordinal", "number", "date", "time"];
const [POUND, SELECT, PLURAL] = [0, 1, 2];
/** The form of one number only, which serves as well. */
const EXACT: Record<string, string> = { zero: "=0", one: "=1", two: "=2" };

const locales = Object.keys(LOCALES) as Locale[];
const others = locales.filter((locale) => locale !== "en");
const messages = Object.fromEntries(locales.map((locale) => [locale, flat(read(locale))])) as Record<
  Locale,
  Map<string, string>
>;

function read(locale: Locale): Tree {
  return JSON.parse(readFileSync(`src/messages/${locale}.json`, "utf8")) as Tree;
}

function flat(tree: Tree, path = ""): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === "string" ? [[path + key, value] as const] : [...flat(value, `${path}${key}.`)],
    ),
  );
}

function partsOf(message: string): Parts {
  const parts: Parts = { values: new Set(), plurals: [], words: [] };
  collect(compile(message), parts);
  return parts;
}

/** "name", or "<name>" of a tag. */
function valuesOf(message: string): string[] {
  return [...partsOf(message).values].map((value) => {
    const [name, kind] = value.split(":");
    return kind === "tag" ? `<${name}>` : `${name}`;
  });
}

/** Of a list of nodes: a text, a # in a plural, a value, or a tag with a list of its own. A list may be one text alone. */
function collect(nodes: unknown, parts: Parts): void {
  for (const node of Array.isArray(nodes) ? (nodes as unknown[]) : [nodes]) {
    if (typeof node === "string") parts.words.push(node);
    if (!Array.isArray(node)) continue;
    const [name, kind, options] = node as [string, ...unknown[]];
    const isTag = kind !== undefined && (typeof kind !== "number" || kind === POUND);
    if (isTag) {
      parts.values.add(`${name}:tag`);
      collect(node.slice(1), parts);
    } else {
      parts.values.add(kind === undefined ? name : `${name}:${KINDS[kind] ?? kind}`);
    }
    if (kind !== SELECT && kind !== PLURAL) continue;
    const forms = options as Record<string, unknown>;
    if (kind === PLURAL) parts.plurals.push(new Set(Object.keys(forms)));
    Object.values(forms).forEach((form) => collect(form, parts));
  }
}

/** The forms that whole numbers under a million need. French and Spanish have another one for millions. */
function formsOf(locale: Locale): Set<string> {
  const rules = new Intl.PluralRules(locale);
  return new Set(Array.from({ length: 1000 }, (_, count) => rules.select(count)));
}

it.each(others)("%s has the messages of English, and no others", (locale) => {
  expect([...messages[locale].keys()].sort()).toEqual([...messages.en.keys()].sort());
});

it.each(locales)("%s has no empty message, and none that cannot be read", (locale) => {
  for (const [key, message] of messages[locale]) {
    expect(message.trim(), key).toBe(message);
    expect(message, key).not.toBe("");
    expect(() => compile(message), `${key}: ${message}`).not.toThrow();
  }
});

it.each(others)("%s has the values of English in each message", (locale) => {
  // Which plurals and numbers a language makes of a value is its own affair.
  const named = (message: string) => [...new Set(valuesOf(message))].sort();
  for (const [key, english] of messages.en) expect(named(messages[locale].get(key) ?? ""), key).toEqual(named(english));
});

it.each(locales)("%s has a form for each whole number", (locale) => {
  const needed = formsOf(locale);
  for (const [key, message] of messages[locale]) {
    for (const forms of partsOf(message).plurals) {
      expect(forms, key).toContain("other");
      for (const form of needed) if (!forms.has(EXACT[form] ?? "")) expect(forms, `${key} for ${form}`).toContain(form);
    }
  }
});

it.each([
  ["ja", /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u],
  ["zh", /\p{Script=Han}/u],
  ["ar", /\p{Script=Arabic}/u],
] as const)("%s is written in its own script", (locale, script) => {
  const foreign = [...messages[locale]].filter(([, message]) => {
    const words = partsOf(message).words.join(" ");
    return /\p{Lowercase}{3}/u.test(words) && !script.test(words);
  });
  expect(foreign).toEqual([]);
});
