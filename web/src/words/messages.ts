/** The messages of each language. Each is a file of its own, which the browser fetches only if it is used. */
import english from "@/messages/en.json";
import type { Locale } from "./locales";
import type { Messages } from "./words";

export const ENGLISH: Messages = english;

const LOAD: Record<Exclude<Locale, "en">, () => Promise<{ default: Messages }>> = {
  de: () => import("@/messages/de.json"),
  fr: () => import("@/messages/fr.json"),
  es: () => import("@/messages/es.json"),
  ja: () => import("@/messages/ja.json"),
  zh: () => import("@/messages/zh.json"),
  ar: () => import("@/messages/ar.json"),
};

/** Rejects if the file cannot be fetched. */
export async function loadMessages(locale: Locale): Promise<Messages> {
  return locale === "en" ? ENGLISH : (await LOAD[locale]()).default;
}
