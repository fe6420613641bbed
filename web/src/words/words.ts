/** What the page says: ICU messages by their key, in one language. */
import { createTranslator } from "use-intl/core";
import type english from "@/messages/en.json";
import type { Locale } from "./locales";

export type Messages = typeof english;

/** `t("panel.title")`, `t("sets.done", { count: 3 })` */
export type Words = ReturnType<typeof wordsIn>;

/** A key such as "panel.title". */
export type MessageKey = Parameters<Words>[0];

/** What is kept of a sentence in the page's state, so that it is said in the language that is chosen later. */
export type Message = { key: MessageKey; values?: Record<string, string | number> };

/** Throws for a message that lacks a value: a fault of the page, which a test finds. */
export function wordsIn(locale: Locale, messages: Messages) {
  return createTranslator({ locale, messages, timeZone: "UTC", onError: raise });
}

export function said(t: Words, { key, values }: Message): string {
  return t(key, values);
}

function raise(error: Error): never {
  throw error;
}
