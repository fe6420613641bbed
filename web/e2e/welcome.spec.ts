import { expect, test } from "./test";

test("the sample works before the server has told what it offers", async ({ page }) => {
  let answer: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route("**/api/v1/config", async (route) => {
    await asked;
    await route.continue();
  });
  await page.goto("/");
  await page.getByRole("button", { name: "Try it with this photo" }).click();
  await expect(page.getByText(/the server has not answered yet/)).toBeVisible();
  answer();
  await expect(page.getByRole("img", { name: "sample.jpg, as it is now" })).toBeVisible();
});

test("a page with a mouse says how to drop and paste", async ({ page, workbench }) => {
  await workbench.open();
  await expect(page.getByRole("heading", { name: "Drop a photo here" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Choose a photo" })).toBeHidden();
  await expect(page.getByText(/You can also paste one/)).toBeVisible();
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });

  test("the page says to choose a photo, and not to drop one", async ({ page, workbench }) => {
    await workbench.open();
    await expect(page.getByRole("heading", { name: "Choose a photo" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Drop a photo here" })).toBeHidden();
    await expect(page.getByText(/You can also paste one/)).toBeHidden();
    for (const name of ["Choose photos", "Take a picture", "Try it with this photo"]) {
      const button = page.getByRole("button", { name });
      expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
  });
});
