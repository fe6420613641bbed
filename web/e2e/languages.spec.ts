/** The page in each of its languages, in both directions: whole, accessible, large enough for fingers, and within its width. */
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { directionOf, LOCALES, type Locale } from "../src/words/locales";
import { wordsIn, type Messages } from "../src/words/words";
import { expect, test } from "./test";
import { photo } from "./workbench";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const NARROW = 320;
const FINGER = 44; // pixels

/** What is meant to be pressed. Links within a sentence are as large as their words, as WCAG 2.5.8 allows. */
const TARGETS = "button, select, summary, a:not(p a), label:has(input), [role=slider], input:not(label input)";

for (const locale of Object.keys(LOCALES) as Locale[]) {
  const messages = JSON.parse(readFileSync(`src/messages/${locale}.json`, "utf8")) as Messages;
  const t = wordsIn(locale, messages);

  test.describe(`in ${locale}, on a phone`, () => {
    test.use({ locale, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

    test("every screen is whole", async ({ page }) => {
      test.slow();
      const faults: string[] = [];
      const look = async (screen: string) => faults.push(...(await faultsOf(page, screen)));

      await page.goto("/");
      await expect(page.getByRole("button", { name: t("welcome.sample") })).toBeVisible();
      await expect(page.locator("html")).toHaveAttribute("lang", locale);
      await expect(page.locator("html")).toHaveAttribute("dir", directionOf(locale));
      await look("welcome");
      await page.getByLabel(t("welcome.choose.input")).setInputFiles(photo("portrait.jpg"));
      const restore = page.getByRole("button", { name: t("actions.restore"), exact: true });
      await expect(restore).toBeEnabled();
      await look("chosen");
      await restore.click();
      await expect(page.getByRole("link", { name: t("actions.download"), exact: true })).toBeVisible({
        timeout: 60_000,
      });
      await look("done");
      expect(faults).toEqual([]);
    });
  });
}

test("another language is chosen at the top, and stays", async ({ page, workbench }) => {
  await workbench.open();
  await page.getByRole("combobox", { name: "Language" }).selectOption({ label: "العربية" });
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(page.getByRole("combobox", { name: "اللغة" })).toHaveValue("ar");
  await page.reload();
  await expect(page.getByRole("combobox", { name: "اللغة" })).toHaveValue("ar");
});

async function faultsOf(page: Page, screen: string): Promise<string[]> {
  const faults: string[] = [];
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).setLegacyMode().analyze();
  for (const { id, help, nodes } of violations) {
    faults.push(`${screen}: ${id}, ${help}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
  }
  const size = page.viewportSize();
  await page.setViewportSize({ width: NARROW, height: 640 });
  // Not `innerWidth`, which on a phone grows with overflowing content.
  const sideways = (await page.evaluate(() => document.documentElement.scrollWidth)) - NARROW;
  if (sideways > 0) faults.push(`${screen}: ${sideways} px beyond the side of a small phone: ${await widest(page)}`);
  for (const target of await page.locator(TARGETS).all()) {
    const words = await smallTarget(target);
    if (words !== null) faults.push(`${screen}: ${words}`);
  }
  if (size) await page.setViewportSize(size);
  return faults;
}

/** What a target is and how large, if a finger would miss it; null if it is large enough or not shown. */
async function smallTarget(target: Locator): Promise<string | null> {
  return target.evaluate((element, finger) => {
    const { width, height } = element.getBoundingClientRect();
    const isShown =
      element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && width > 1 && height > 1;
    if (!isShown || (width >= finger && height >= finger)) return null;
    return `${element.outerHTML.slice(0, 150)} has ${Math.round(width)} × ${Math.round(height)} px`;
  }, FINGER);
}

/** What reaches beyond the sides of the page. */
async function widest(page: Page): Promise<string> {
  return page.evaluate((width) => {
    const beyond = [...document.querySelectorAll("body *")].filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return element.checkVisibility() && (left < 0 || right > width);
    });
    return beyond.map(({ outerHTML }) => outerHTML.slice(0, 120)).join(" | ");
  }, NARROW);
}
