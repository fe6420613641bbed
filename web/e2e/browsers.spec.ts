/** Firefox and WebKit: from the choice of a photo to the file on the disk. */
import { expect, test } from "@playwright/test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BASE } from "./servers";
import { lacksFirefox, startFirefox } from "./webdriver/firefox";
import { Recorder } from "./webdriver/recorder";
import { lacksWebKit, startWebKit } from "./webdriver/webkit";
import { BrowserWindow } from "./webdriver/window";
import { photo } from "./workbench";

const BROWSERS = [
  { name: "Firefox", lacks: lacksFirefox, start: startFirefox },
  { name: "WebKit", lacks: lacksWebKit, start: startWebKit },
];
const ARROW_RIGHT = "\ue014"; // as WebDriver calls the key
/** How many pixels the closed folds of the page leave open. */
const GAP = `Math.max(...[...document.querySelectorAll("details:not([open])")]
  .map((fold) => fold.offsetHeight - fold.querySelector("summary").offsetHeight))`;
const PICTURE = 'document.querySelector("img[alt$=after]")';

for (const { name, lacks, start } of BROWSERS) {
  test(`in ${name} a photo is chosen, restored, compared and downloaded`, async () => {
    const why = lacks();
    test.skip(why !== null, why ?? "");
    const recorder = await Recorder.before(BASE.plain);
    const driver = await start();
    try {
      const page = new BrowserWindow(driver);
      await page.open(recorder.address, 1440, 900);
      await page.named("button", /^Choose photos$/);
      await page.type(await page.only("input[type=file][multiple]"), photo("portrait.jpg"));
      await page.named("button", /^Remove portrait.jpg$/);
      await page.click(await page.named("button", /^Restore$/));
      const download = await page.named("link", /^Download$/, 45_000);
      await expect.poll(() => page.value(`[${PICTURE}.naturalWidth, ${PICTURE}.naturalHeight]`)).toEqual([512, 512]);
      expect(await page.value(GAP)).toBeLessThan(20); // WebKit left 144 under closed options

      const line = await page.named("slider", /^Line between/);
      const place = () => page.value('document.querySelector("[role=slider]").ariaValueNow').then(Number);
      expect(await place()).toBe(50);
      await page.type(line, ARROW_RIGHT);
      await expect.poll(place).toBeGreaterThan(50);

      await page.click(download);
      const file = join(driver.downloads, "portrait-likeness.png");
      await expect.poll(() => readdirSync(driver.downloads)).toEqual(["portrait-likeness.png"]);
      expect(recorder.pictures).toHaveLength(1);
      await expect.poll(() => readFileSync(file).equals(recorder.pictures[0]!)).toBe(true);
      expect(await driver.consoleMessages()).toEqual([]);
    } finally {
      await driver.close();
      recorder.close();
    }
  });
}
