import { readFile } from "node:fs/promises";
import { expect, test } from "./test";

const FORMATS = [
  ["PNG", "portrait-restored.png", "\x89PNG"],
  ["JPEG", "portrait-restored.jpg", "\xff\xd8\xff"],
  ["WebP", "portrait-restored.webp", "RIFF"],
] as const;

test("the picture is downloaded in the chosen format, named after the original", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  for (const [format, name, signature] of FORMATS) {
    if (format === "JPEG") await workbench.unfoldOptions(); // closed since the first result
    if (format !== "WebP") await workbench.unfoldFile(); // closed with them
    await page.getByRole("radio", { name: format, exact: true }).check({ force: true });
    await page.getByRole("button", { name: /^Restore/ }).click();
    await workbench.done();
    await expect(workbench.download).toHaveAttribute("download", name);
    const [download] = await Promise.all([page.waitForEvent("download"), workbench.download.click()]);
    expect(download.suggestedFilename()).toBe(name);

    const file = await readFile(await download.path());
    expect(file.toString("latin1").startsWith(signature)).toBe(true);
    const size = await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const { width, height } = await createImageBitmap(new Blob([bytes]));
      return [width, height];
    }, file.toString("base64"));
    expect(size).toEqual([512, 512]);
  }
});

test("the answer is copied, without the picture", async ({ page, context, workbench }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await workbench.open();
  await workbench.restored();
  await page.getByRole("button", { name: "Copy JSON" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(copied.status).toBe("success");
  expect(copied.data.faces).toHaveLength(1);
  expect(copied.data).not.toHaveProperty("restored_image");
});
