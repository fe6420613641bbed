/**
 * Every screen at every width, one of them in the light theme, which differs in colours only: checked by axe, not scrolling
 * sideways, with a screenshot to review.
 */
import AxeBuilder from "@axe-core/playwright";
import { mkdirSync } from "node:fs";
import { expect, test } from "./test";

const FOLDER = "screenshots";
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SIZES = [
  { name: "small phone", width: 320, height: 640, themes: ["dark"], isAudited: false, isPictured: false },
  { name: "phone", width: 390, height: 844, themes: ["dark"], isAudited: true, isPictured: true },
  { name: "tablet", width: 1024, height: 768, themes: ["light"], isAudited: true, isPictured: true },
  { name: "desktop", width: 1920, height: 1080, themes: ["dark"], isAudited: true, isPictured: true },
] as const;

for (const { name, width, height, themes, isAudited, isPictured } of SIZES) {
  for (const theme of themes) {
    const isPhone = width < 900;
    test.describe(`${theme} on a ${name}`, () => {
      test.use({ colorScheme: theme, viewport: { width, height }, hasTouch: isPhone, isMobile: isPhone });

      test("every screen is accessible and fits its width", async ({ page, workbench, service }) => {
        test.slow();
        mkdirSync(FOLDER, { recursive: true });
        const faults: string[] = [];
        const look = async (screen: string) => {
          if (isPictured) await page.screenshot({ path: `${FOLDER}/${screen}-${width}-${theme}.png`, fullPage: true });
          // Not `innerWidth`, which on a phone grows with overflowing content.
          const sideways = (await page.evaluate(() => document.documentElement.scrollWidth)) - width;
          if (sideways > 0) faults.push(`${screen}: ${sideways} px beyond the side`);
          const below = await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
          if (!isPhone && below > 0) faults.push(`${screen}: ${below} px below a page that has no more to show`);
          if (!isAudited) return;
          // Legacy mode opens no extra page to merge the results of frames; this page has no frames.
          const { violations } = await new AxeBuilder({ page }).withTags(TAGS).setLegacyMode().analyze();
          for (const { id, help, nodes } of violations) {
            faults.push(`${screen}: ${id}, ${help}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
          }
        };

        await workbench.open();
        await look("welcome");
        await workbench.choose("portrait.jpg");
        await look("chosen");
        await workbench.found("1 face found");
        await workbench.mark(1).click();
        await look("found");
        await page.getByRole("button", { name: "Whole picture" }).click(); // the mark has shown the face large
        await workbench.markFace.click();
        await look("marking");
        for (const key of ["Enter", "ArrowRight", "Enter"]) await page.keyboard.press(key);
        await workbench.found("1 face found, 1 more marked");
        await look("marked");
        await page.getByRole("button", { name: "Remove your box 1" }).click();
        await workbench.found("1 face found");
        await workbench.restore.click();
        await workbench.done();
        await look("done");
        await workbench.mark(1).click();
        await expect(workbench.card(1).getByRole("button", { name: "Do not restore" })).toBeVisible();
        await look("face");
        await page.getByRole("button", { name: "Faces 1" }).click();
        await look("faces");

        await workbench.choose("large.jpg");
        await workbench.restore.click();
        await expect(workbench.progress).toHaveAccessibleName("Enlarging the picture");
        await look("working");
        await workbench.cancel.click();
        await expect(workbench.restore).toBeVisible();
        await service.idle();

        await workbench.choose("landscape.jpg");
        await workbench.restore.click();
        await expect(page.getByRole("button", { name: "Enlarge it all the same" })).toBeVisible();
        await look("problem");
        await workbench.choose("note.jpg");
        await page.getByRole("button", { name: "note.jpg, refused" }).click();
        await look("refused");
        expect(faults).toEqual([]);
      });
    });
  }
}
