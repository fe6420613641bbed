import { DEFAULT_LOCALE, LOCALES } from "./locales";

export const STORED_AS = "likeness.language";

/**
 * A script that runs before the first paint: a page that is not in English stays hidden until its messages are there,
 * otherwise it would flash in English. `LanguageProvider` shows it.
 */
export const HIDE_UNTIL_WORDS = `try{var l=localStorage.getItem("${STORED_AS}"),k=${JSON.stringify(Object.keys(LOCALES))};l=k.includes(l)?l:(navigator.languages.map(function(t){return t.toLowerCase().split("-")[0]}).find(function(t){return k.includes(t)})||"${DEFAULT_LOCALE}");if(l!="${DEFAULT_LOCALE}")document.documentElement.dataset.words="loading"}catch{}`;
