"use client";

import { useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import { useStored } from "@/hooks/useStored";
import { STORED_AS } from "./beforePaint";
import { LanguageContext } from "./context";
import { DEFAULT_LOCALE, directionOf, localeFor, type Locale } from "./locales";
import { ENGLISH, loadMessages } from "./messages";
import { wordsIn, type Messages } from "./words";

type Loaded = { locale: Locale; messages: Messages };

const BUILT_IN: Loaded = { locale: DEFAULT_LOCALE, messages: ENGLISH };

/** Says everything below it in the language that the person has chosen, or else in the browser's. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [chosen, choose] = useStored("localStorage", STORED_AS);
  // Null while React takes over the page as it was built.
  const languages = useSyncExternalStore(onLanguages, browserLanguages, () => null);
  const wanted = languages === null ? null : localeFor(chosen, languages.split(","));
  const [loaded, setLoaded] = useState(BUILT_IN);

  useEffect(() => {
    if (wanted === null) return undefined;
    let isWanted = true;
    loadMessages(wanted).then(
      (messages) => isWanted && setLoaded({ locale: wanted, messages }),
      () => isWanted && setLoaded({ ...BUILT_IN }), // the server is gone: better English than nothing
    );
    return () => {
      isWanted = false;
    };
  }, [wanted]);

  useEffect(() => {
    if (loaded === BUILT_IN) return;
    const root = document.documentElement;
    root.lang = loaded.locale;
    root.dir = directionOf(loaded.locale);
    delete root.dataset.words; // see beforePaint.ts
  }, [loaded]);

  const language = useMemo(
    () => ({ locale: loaded.locale, t: wordsIn(loaded.locale, loaded.messages), choose }),
    [loaded, choose],
  );
  return <LanguageContext value={language}>{children}</LanguageContext>;
}

function onLanguages(changed: () => void): () => void {
  window.addEventListener("languagechange", changed);
  return () => window.removeEventListener("languagechange", changed);
}

function browserLanguages(): string {
  return navigator.languages.join();
}
