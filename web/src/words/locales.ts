/** The languages of the page. To add one: its messages in src/messages, its row here, and `load` in messages.ts. */

/** Each language in its own words, as the choice shows it. */
export const LOCALES = {
  en: "English",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
  ja: "日本語",
  zh: "中文",
  ar: "العربية",
} as const;

export type Locale = keyof typeof LOCALES;

/** The language of the page as it is built, and of messages that cannot be loaded. */
export const DEFAULT_LOCALE: Locale = "en";

const RIGHT_TO_LEFT: readonly Locale[] = ["ar"];

export function directionOf(locale: Locale): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.includes(locale) ? "rtl" : "ltr";
}

export function isLocale(text: string | null): text is Locale {
  return text !== null && Object.hasOwn(LOCALES, text);
}

/** The chosen language, or the first of a browser's languages ("de-AT", "en-US") that the page has. */
export function localeFor(chosen: string | null, languages: readonly string[]): Locale {
  if (isLocale(chosen)) return chosen;
  return languages.map((tag) => tag.toLowerCase().split("-")[0] ?? "").find(isLocale) ?? DEFAULT_LOCALE;
}
