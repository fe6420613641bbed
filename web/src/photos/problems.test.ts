// @vitest-environment node
import { describe, expect, it } from "vitest";
import { CUT_OFF } from "@/api/problem";
import { LIMITS, problemOf } from "@/test/samples";
import { LOCALES, type Locale } from "@/words/locales";
import { ENGLISH, loadMessages } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { problemInWords } from "./problems";

const english = wordsIn("en", ENGLISH);

const inGerman = async () => wordsIn("de", await loadMessages("de"));

describe("a problem", () => {
  it("of the server is said by its code, in the language of the page", async () => {
    const busy = problemOf({ code: "overloaded", message: "The server is busy." });
    expect(problemInWords(english, busy, LIMITS).words).toMatch(/^The server is busy: /);
    expect(problemInWords(await inGerman(), busy, LIMITS)).toEqual({
      words: "Der Server ist ausgelastet: Alle Warteplätze sind belegt.",
      detail: null,
    });
  });

  it("of a file has the server's sentence with it, which tells more", async () => {
    const message = "This TIFF file is damaged: rows of its picture are missing.";
    const { words, detail } = problemInWords(await inGerman(), problemOf({ code: "broken_image", message }), LIMITS);
    expect(words).toMatch(/beschädigt/);
    expect(detail).toBe(message);
  });

  it("is not said twice", () => {
    const words = "This server takes no sets of photos.";
    expect(problemInWords(english, problemOf({ code: "jobs_off", message: words }), null)).toEqual({
      words,
      detail: null,
    });
    const same = problemOf({ code: "stage_failed", message: "The server failed at this step." });
    expect(problemInWords(english, same, null).detail).toBeNull();
  });

  it("names the limits of this server", async () => {
    const problem = problemOf({ code: "too_many_bytes", message: "Too large." });
    const limits = { ...LIMITS, max_upload_mb: 1234.5 };
    expect(problemInWords(await inGerman(), problem, limits).words).toContain("1.234,5 MB");
    expect(problemInWords(english, problem, {}).words).toBe("Too large."); // not known yet
  });

  it.each(["quite_new", "", "a.b", "toString", "constructor", "byCode", "../unreachable"])(
    "of a code that this page does not know (%j) has the server's sentence",
    (code) => {
      const problem = problemOf({ code, message: "Something new." });
      expect(problemInWords(english, problem, LIMITS)).toEqual({ words: "Something new.", detail: null });
    },
  );

  it("of this page itself is said in the language of the page", async () => {
    expect(problemInWords(await inGerman(), CUT_OFF, null)).toEqual({
      words: "Die Verbindung endete, bevor das Foto fertig war.",
      detail: null,
    });
  });

  it.each(Object.keys(LOCALES) as Locale[])("of each code has a sentence in %s", async (locale) => {
    const t = wordsIn(locale, await loadMessages(locale));
    for (const code of Object.keys(ENGLISH.problems.byCode)) {
      const { words } = problemInWords(t, problemOf({ code, message: "?" }), LIMITS);
      expect(words, code).not.toBe("?");
      expect(words, code).not.toMatch(/[{}]/);
    }
  });
});
