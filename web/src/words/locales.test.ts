import { describe, expect, it } from "vitest";
import { directionOf, isLocale, localeFor } from "./locales";

describe("the language of the page", () => {
  it.each([
    [null, ["de-AT", "en"], "de"],
    [null, ["it", "fr-CA", "en"], "fr"],
    [null, ["zh-Hant-TW"], "zh"],
    [null, ["AR"], "ar"],
    [null, ["it", "pl"], "en"],
    [null, [], "en"],
    ["ja", ["de"], "ja"],
    ["klingon", ["de"], "de"],
    ["toString", ["de"], "de"],
  ])("is, with %o chosen and the browser in %o, %s", (chosen, languages, locale) => {
    expect(localeFor(chosen, languages)).toBe(locale);
  });

  it("is one of those that it has", () => {
    expect(isLocale("es")).toBe(true);
    expect(isLocale("constructor")).toBe(false);
    expect(isLocale(null)).toBe(false);
  });

  it("is written from right to left in Arabic only", () => {
    expect(directionOf("ar")).toBe("rtl");
    expect(directionOf("ja")).toBe("ltr");
  });
});
