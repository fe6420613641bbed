"use client";

import { createContext, useContext } from "react";
import { DEFAULT_LOCALE, type Locale } from "./locales";
import { ENGLISH } from "./messages";
import { wordsIn, type Words } from "./words";

/** What the page says, in which language, and how another one is chosen. English without a provider, as in tests. */
export type Language = { locale: Locale; t: Words; choose: (locale: Locale) => void };

export const LanguageContext = createContext<Language>({
  locale: DEFAULT_LOCALE,
  t: wordsIn(DEFAULT_LOCALE, ENGLISH),
  choose: () => undefined,
});

/** The messages in the chosen language. */
export function useWords(): Words {
  return useContext(LanguageContext).t;
}

export function useLanguage(): Language {
  return useContext(LanguageContext);
}
