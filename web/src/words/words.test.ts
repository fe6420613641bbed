import { expect, it } from "vitest";
import { loadMessages, ENGLISH } from "./messages";
import { LOCALES, type Locale } from "./locales";
import { said, wordsIn } from "./words";

it.each(Object.keys(LOCALES) as Locale[])("says a number in the manner of %s", async (locale) => {
  const t = wordsIn(locale, await loadMessages(locale));
  expect(t("header.faces", { count: 1234 })).toContain(new Intl.NumberFormat(locale).format(1234));
});

it("says what is kept of a sentence", () => {
  expect(said(wordsIn("en", ENGLISH), { key: "header.faces", values: { count: 3 } })).toBe("Faces 3");
});

it("throws for a message that lacks a value", () => {
  expect(() => wordsIn("en", ENGLISH)("header.faces")).toThrow();
});
