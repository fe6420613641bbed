/** Asking for what is meant: a quality by its name, and a photo by its address. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { mkdirSync } from "node:fs";
import { BASE, KEYS } from "./servers";
import { expect, test } from "./test";
import { fieldsOf, photo } from "./workbench";

const PHOTO = "https://photos.example.org/family/grandmother.jpg";
const FOLDER = "screenshots";
const FIELD = /address of a photo on the web/i;

const quality = (page: Page, name: string) =>
  page.getByRole("group", { name: "Speed or quality" }).getByRole("radio", { name, exact: true });

/** Lets the page's server fetch photos: its answer was made beforehand. Returns what the page asked for. */
async function fetching(page: Page, answer: object): Promise<Record<string, string>[]> {
  const asked: Record<string, string>[] = [];
  await page.route("**/api/v1/config", async (route) => {
    const real = await route.fetch();
    const config = await real.json();
    config.limits.url_fetch = true;
    await route.fulfill({ response: real, json: config });
  });
  await page.route("**/api/v1/enhance", async (route) => {
    asked.push(fieldsOf(route.request()));
    await route.fulfill({ json: answer });
  });
  return asked;
}

/** Drops something on the page or pastes it: a text of this type. */
async function give(page: Page, event: "drop" | "paste", type: string, text: string): Promise<void> {
  await page.evaluate(
    ([event, type, text]) => {
      const data = new DataTransfer();
      data.setData(type, text);
      const init = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(
        event === "drop"
          ? new DragEvent("drop", { ...init, dataTransfer: data })
          : new ClipboardEvent("paste", { ...init, clipboardData: data }),
      );
    },
    [event, type, text] as const,
  );
}

test.describe("a quality", () => {
  test("fast makes no figures, says so, and is kept after a reload", async ({ page, workbench }) => {
    await workbench.open();
    await workbench.choose("portrait.jpg");
    await expect(quality(page, "Balanced")).toBeChecked();
    await quality(page, "Fast").press("Space");
    await expect(page.getByText("Without figures. Around the faces only enlarged, not sharpened.")).toBeVisible();
    const fields = await workbench.restoredFields();
    expect(fields.preset).toBe("fast");
    const ruled = ["metrics", "background", "self_ensemble", "restorer", "upscaler"];
    expect(Object.keys(fields).filter((name) => ruled.includes(name))).toEqual([]);
    await expect(page.getByText("No figures: “Fast” leaves them out to save time.")).toBeVisible();
    await expect(page.getByText("PSNR")).toHaveCount(0);

    await page.reload();
    await workbench.unfoldOptions(); // of the photo, which is kept too
    await expect(quality(page, "Fast")).toBeChecked();
  });

  test("best stays with a starting point, and has figures", async ({ page, workbench }) => {
    await workbench.open();
    await workbench.choose("portrait.jpg");
    await quality(page, "Best").press("Space");
    await expect(page.getByText("Looks eight times at every part: slower")).toBeVisible();
    await workbench.unfoldFile();
    await page.getByRole("radio", { name: "For the screen", exact: true }).press("Space");
    await expect(quality(page, "Best")).toBeChecked();
    expect(await workbench.restoredFields()).toMatchObject({ preset: "best", output_format: "jpeg", quality: "90" });
    await expect(page.getByText("PSNR", { exact: true })).toBeAttached();
  });

  test("is not offered by a server that has none", async ({ page, workbench }) => {
    await page.route("**/api/v1/config", async (route) => {
      const real = await route.fetch();
      const config = await real.json();
      delete config.presets;
      delete config.choices.preset;
      delete config.defaults.preset;
      await route.fulfill({ response: real, json: config });
    });
    await workbench.open();
    await workbench.choose("portrait.jpg");
    await expect(page.getByRole("group", { name: "Size" })).toBeVisible();
    await expect(page.getByRole("group", { name: "Speed or quality" })).toHaveCount(0);
    const fields = await workbench.restoredFields();
    expect(fields).toHaveProperty("upscale_factor");
    expect(fields).not.toHaveProperty("preset");
  });
});

test.describe("a photo by its address", () => {
  test("is typed, sent without a file, and its result is shown alone", async ({ page, workbench, service }) => {
    const asked = await fetching(page, await service.enhance(photo("portrait.jpg")));
    await workbench.open();
    await page.getByLabel(FIELD).fill("photos.example.org/family/grandmother.jpg");
    await page.keyboard.press("Enter");
    await expect(page.getByText(/The server fetches this photo from photos\.example\.org/)).toBeVisible();
    await workbench.restore.click();
    await workbench.done();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ url: PHOTO });
    await expect(page.getByRole("img", { name: "grandmother.jpg after" })).toBeVisible();
    await expect(page.getByText(/^The result alone/)).toBeVisible();
    await expect(workbench.line).toHaveCount(0);
    await workbench.mark(1).click();
    await page.getByRole("button", { name: "Faces 1" }).click();
    await expect(page.getByRole("img", { name: "Face 1 after" })).toBeVisible();
    await expect(page.getByRole("img", { name: "Face 1 before" })).toHaveCount(0);
  });

  test("is pasted, dropped as a link, or added beside others", async ({ page, workbench }) => {
    await fetching(page, {});
    await workbench.open();
    await give(page, "paste", "text/plain", PHOTO);
    await expect(workbench.photos).toHaveCount(1);
    await give(page, "drop", "text/uri-list", "https://photos.example.org/second.png\r\n");
    await expect(workbench.photos).toHaveCount(2);
    await page.getByRole("button", { name: "Add a photo by its address" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a photo by its address" });
    await dialog.getByLabel(FIELD).fill("not one");
    await page.keyboard.press("Enter");
    await expect(dialog.getByRole("alert")).toContainText("This is no address of the web");
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("button", { name: "Add a photo by its address" })).toBeFocused();
    await expect(workbench.photos).toHaveCount(2);
  });

  test("is not sent to a server that fetches none", async ({ page, workbench, sent }) => {
    await workbench.open();
    await expect(page.getByLabel(FIELD)).toHaveCount(0);
    await give(page, "paste", "text/plain", PHOTO);
    await expect(page.getByText("This server does not fetch photos from addresses")).toBeVisible();
    await expect(workbench.restore).toHaveCount(0);
    expect(sent).toEqual([]);
  });

  test.describe("of a server that fetches", () => {
    test.use({ baseURL: BASE.strict });

    test("fails with the server's sentence", async ({ page, workbench }) => {
      await page.addInitScript((key) => sessionStorage.setItem("likeness.key", key), KEYS[1]!);
      await workbench.open();
      await page.getByLabel(FIELD).fill("http://127.0.0.1/photo.jpg");
      await page.keyboard.press("Enter");
      await workbench.restore.click();
      await expect(workbench.problem(/address that is not public/)).toBeVisible();
      await expect(page.getByText(/^Step: Fetching the photo/)).toBeVisible();
    });
  });
});

for (const [width, height] of [
  [390, 844],
  [1024, 768],
  [1440, 900],
] as const) {
  for (const colorScheme of ["dark", "light"] as const) {
    test.describe(`${colorScheme} at ${width} × ${height}`, () => {
      const isPhone = width < 900;
      test.use({ colorScheme, viewport: { width, height }, hasTouch: isPhone, isMobile: isPhone });

      test("all of it is accessible and fits the page", async ({ page, workbench, service }) => {
        mkdirSync(FOLDER, { recursive: true });
        const look = async (screen: string) => {
          const path = `${FOLDER}/ask-${screen}-${width}-${colorScheme}.png`;
          await page.screenshot({ path, fullPage: true });
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
          const below = await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
          if (!isPhone) expect(below, `${screen}: pixels below the page`).toBeLessThanOrEqual(0);
          // Legacy mode opens no extra page to merge the results of frames; this page has no frames.
          const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
          expect(violations, screen).toEqual([]);
        };
        await fetching(page, await service.enhance(photo("portrait.jpg"), { preset: "fast" }));
        await workbench.open();
        await look("welcome");
        await give(page, "paste", "text/plain", PHOTO);
        await quality(page, "Fast").press("Space");
        await look("chosen");
        await workbench.restore.click();
        await workbench.done();
        await look("done");
        await page.getByRole("button", { name: "Faces 1" }).click();
        await look("faces");
        await page.getByRole("button", { name: "Add a photo by its address" }).click();
        await look("dialog");
      });
    });
  }
}
