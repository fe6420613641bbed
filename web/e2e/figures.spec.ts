import { expect, test } from "./test";
import { photo } from "./workbench";

test("the verdict comes first, and says what was done", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.restored();
  const panel = page.getByRole("complementary", { name: "Options and result" });
  const verdict = panel.getByRole("region", {
    name: /^(Same person|May be taken for another person): -?\d\.\d\d \(threshold 0\.50\)$/,
  });
  await expect(verdict).toContainText("1 face restored. Enlarged ×2.");
  await expect(verdict).toContainText(/In the photo the face was (sharp|slightly blurred|blurred) \(\d+\.\d px\)\./);
});

test("the figures lie in a fold that stays as it was left", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.restored();
  const explanation = page.getByText("How far the pixels moved from the photo you gave.");
  await expect(explanation).toBeHidden();
  await page.getByRole("heading", { name: "Figures" }).click();
  await expect(explanation).toBeVisible();
  await page.reload();
  await workbench.restored();
  await expect(explanation).toBeVisible();
  await page.getByRole("heading", { name: "Figures" }).click();
  await expect(explanation).toBeHidden();
});

test("the figures have words, and unknown ones a reason and what to do about it", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.restored();
  await page.getByRole("heading", { name: "Figures" }).click();
  const figures = page.getByRole("region", { name: "Figures" });
  await expect(figures).toContainText(/PSNR\d+\.\d dB(hardly|a little|clearly|much) changed/);
  await expect(figures).toContainText(/SSIM0\.\d{3}(same|nearly the same|structure)/);
  await expect(figures).toContainText(/LPIPSunknownThis server has no model that measures LPIPS\./);
  await expect(figures.getByText("python -m app models pull lpips-alex --accept-licences")).toBeVisible();
  await expect(figures).toContainText(/Identity\d\.\d\d(same person|may be taken for another person)/);
  await expect(figures).toContainText(/same person from 0\.\d\d on, by dlib-resnet\./);
  await expect(page.getByRole("list", { name: "Warnings" })).toHaveCount(0); // the warnings are shown beside the figures
});

test("the time of each step is shown", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.restored();
  await page.getByText(/512 × 512 pixels in \d+\.\d s/).click();
  const table = page.getByRole("table", { name: "Time of each step" });
  for (const step of ["Reading the photo", "Looking for faces", "Restoring the faces", "Enlarging the picture"]) {
    await expect(table.getByRole("row", { name: new RegExp(`${step}.* ms`) })).toBeVisible();
  }
  await expect(page.getByText(/On the server \d+\.\d\d s, by mtcnn \(detector\)/)).toBeVisible();
});

test("figures and warnings that this server does not give are shown too", async ({ page, workbench, service }) => {
  const answer = await service.enhance(photo("portrait.jpg"));
  answer.data.metrics = { psnr: 28, ssim: 0.95, lpips: 0.03, identity_similarity: 0.31, reference: "input" };
  answer.data.warnings = [{ code: "identity_low", message: "The likeness of face 1 is in doubt." }];
  const [face] = answer.data.faces;
  Object.assign(face!, { identity_similarity: 0.31, action: "softened", strength: 0.4, reason: "It was softened." });
  await page.route("**/api/v1/enhance", (route) => route.fulfill({ json: answer }));
  await workbench.open();
  await workbench.restored();

  await expect(
    page.getByRole("region", { name: "May be taken for another person: 0.31 (threshold 0.50)" }),
  ).toBeVisible();
  await expect(page.getByRole("list", { name: "Warnings" })).toHaveText("The likeness of face 1 is in doubt.");
  await page.getByRole("heading", { name: "Figures" }).click();
  const figures = page.getByRole("region", { name: "Figures" });
  await expect(figures).toContainText("LPIPS0.030looks the same");
  await expect(figures).toContainText("Identity0.31may be taken for another person");
  await expect(workbench.card(1)).toContainText("Softened to keep the likeness");
  await expect(workbench.card(1)).toContainText("It was softened.");
  await expect(workbench.card(1)).toContainText("40 %");
});

test("without a recogniser the verdict says what brings one", async ({ page, workbench, service }) => {
  const command = "python -m app models pull arcface-w600k-r50 --accept-licences";
  const lack = { role: "recogniser", models: ["arcface-w600k-r50"], command, setting: null, instead: [], bytes: 174e6 };
  await page.route("**/api/v1/config", async (route) => {
    const config = await (await route.fetch()).json();
    await route.fulfill({ json: { ...config, identity_recogniser: null, identity_threshold: null, lacking: [lack] } });
  });
  const answer = await service.enhance(photo("portrait.jpg"));
  delete (answer.data.models as Record<string, string>).recogniser;
  answer.data.faces[0]!.identity_similarity = null;
  answer.data.metrics!.identity_similarity = null;
  answer.data.warnings = [{ code: "identity_unavailable", message: "Identity is unknown: no model is in use." }];
  await page.route("**/api/v1/enhance", (route) => route.fulfill({ json: answer }));
  await workbench.open();
  await workbench.restored();
  const verdict = page.getByRole("region", { name: "Whether it is the same person is unknown" });
  await expect(verdict.getByText(command, { exact: true })).toBeVisible();
  await expect(verdict).toContainText("where the service runs (174 MB)");
  await expect(verdict).toContainText("1 face restored.");
});
