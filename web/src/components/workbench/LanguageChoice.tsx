"use client";

import { Icon } from "@/components/ui/Icon";
import { useLanguage } from "@/words/context";
import { isLocale, LOCALES } from "@/words/locales";
import styles from "./LanguageChoice.module.css";

/** The language of the page, each named in its own words. */
export function LanguageChoice() {
  const { locale, t, choose } = useLanguage();
  return (
    <span className={styles.language}>
      <Icon name="globe" />
      <select
        aria-label={t("header.language")}
        value={locale}
        onChange={({ target }) => isLocale(target.value) && choose(target.value)}
      >
        {Object.entries(LOCALES).map(([tag, name]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
    </span>
  );
}
