import { expect, test } from "./test";

test("options are kept after a reload", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("portrait.jpg");
  const choose = (name: string) => page.getByRole("radio", { name, exact: true }).check({ force: true });
  await choose("×4");
  await choose("The largest");
  await workbench.unfoldFile();
  await choose("JPEG");
  await page.getByLabel("Correct the colours").check();
  const strength = page.getByRole("slider", { name: "Face strength" });
  await strength.fill("60");
  const quality = page.getByRole("slider", { name: "Quality" });
  await quality.fill("70");

  await workbench.kept(1, 0);
  await page.reload();
  await workbench.unfoldFile(); // of the photo, which is kept too
  for (const name of ["×4", "The largest", "JPEG"]) {
    await expect(page.getByRole("radio", { name, exact: true })).toBeChecked();
  }
  await expect(page.getByLabel("Correct the colours")).toBeChecked();
  await expect(strength).toHaveValue("60");
  await expect(quality).toHaveValue("70");
  await workbench.restore.click();
  await workbench.done();
  await expect(page.getByText(/1024 × 1024 pixels/)).toBeVisible();
});

test("options that another version saved do no harm", async ({ page, workbench }) => {
  await page.addInitScript(() =>
    localStorage.setItem("likeness.options", '{"strength": "much", "upscale_factor": 99}'),
  );
  await workbench.open();
  await workbench.restored();
  await expect(page.getByText(/512 × 512 pixels/)).toBeVisible();
});

test("the theme can be switched, and is kept after a reload", async ({ page, workbench }) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await workbench.open();
  const dark = await ground();
  await page.getByRole("button", { name: "Light or dark" }).click();
  await expect.poll(ground).not.toBe(dark);
  const light = await ground();
  await page.reload();
  expect(await ground()).toBe(light);
  await page.getByRole("button", { name: "Light or dark" }).click();
  await expect.poll(ground).toBe(dark);
});

test("the not-found page leads back", async ({ page, workbench }) => {
  const answer = await page.request.get("/nothing", { headers: { Accept: "text/html" } });
  expect(answer.status()).toBe(404);
  await page.goto("/_not-found");
  await page.getByRole("link", { name: "Restore a photo" }).click();
  await expect(page.getByRole("heading", { name: "Drop a photo here" })).toBeVisible();
  await workbench.restored();
});
