import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LanguageChoice } from "@/components/workbench/LanguageChoice";
import { HIDE_UNTIL_WORDS, STORED_AS } from "./beforePaint";
import { useWords } from "./context";
import { LanguageProvider } from "./LanguageProvider";
import * as messages from "./messages";

const root = document.documentElement;

function Page() {
  return <p>{useWords()("header.picture")}</p>;
}

function showing() {
  render(
    <LanguageProvider>
      <LanguageChoice />
      <Page />
    </LanguageProvider>,
  );
}

function browserIn(...languages: string[]) {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(languages);
}

/** What the script in the page's head does. */
function beforePaint() {
  new Function(HIDE_UNTIL_WORDS)();
}

beforeEach(() => localStorage.clear());
afterEach(() => {
  delete root.dataset.words;
  root.lang = "en";
  root.dir = "ltr";
});

it("says everything in the browser's language, and hides the page until it can", async () => {
  browserIn("de-CH", "en");
  beforePaint();
  expect(root.dataset.words).toBe("loading");
  showing();
  expect(await screen.findByText("Bild")).toBeInTheDocument();
  expect(root.dataset.words).toBeUndefined();
  expect(root.lang).toBe("de");
});

it("never hides a page in English", () => {
  browserIn("en-GB", "de");
  beforePaint();
  expect(root.dataset.words).toBeUndefined();
});

it("is English in a browser of another language", () => {
  browserIn("it", "toString");
  beforePaint();
  expect(root.dataset.words).toBeUndefined();
});

it("changes the language, its direction, and remembers it", async () => {
  browserIn("en");
  showing();
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Language" }), "العربية");
  expect(await screen.findByText("الصورة")).toBeInTheDocument();
  expect([root.lang, root.dir]).toEqual(["ar", "rtl"]);
  expect(localStorage.getItem(STORED_AS)).toBe("ar");
  beforePaint();
  expect(root.dataset.words).toBe("loading");
});

it("is English, and shown, if the messages cannot be fetched", async () => {
  browserIn("ja");
  beforePaint();
  vi.spyOn(messages, "loadMessages").mockRejectedValue(new TypeError("Failed to fetch"));
  showing();
  await waitFor(() => expect(root.dataset.words).toBeUndefined());
  expect(screen.getByText("Picture")).toBeInTheDocument();
  expect(root.lang).toBe("en");
});
