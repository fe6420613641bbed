import { expect, test } from "./test";
import { photo } from "./workbench";

test("the figures have words, and unknown ones a reason", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.restored();
  const figures = page.getByRole("region", { name: "What changed" });
  await expect(figures).toContainText(/PSNR\d+\.\d dB(hardly|a little|clearly|much) changed/);
  await expect(figures).toContainText(/SSIM0\.\d{3}(same|nearly the same|structure)/);
  await expect(figures).toContainText(/LPIPSunknownLPIPS was not measured: no perceptual model is installed\./);
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

  await expect(page.getByRole("list", { name: "Warnings" })).toHaveText("The likeness of face 1 is in doubt.");
  const figures = page.getByRole("region", { name: "What changed" });
  await expect(figures).toContainText("LPIPS0.030looks the same");
  await expect(figures).toContainText("Identity0.31may be taken for another person");
  await expect(workbench.card(1)).toContainText("Softened to keep the likeness");
  await expect(workbench.card(1)).toContainText("It was softened.");
  await expect(workbench.card(1)).toContainText("40 %");
});
