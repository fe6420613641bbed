/** A narrow window of a computer with a mouse, where the buttons of the view have no room and are scrolled by themselves. */
import { expect, test } from "./test";
import { box } from "./workbench";

test.use({ viewport: { width: 390, height: 844 } });

test("a narrow window does not scroll sideways, and all buttons of the view can be hit", async ({
  page,
  workbench,
}) => {
  await workbench.open();
  await workbench.restored();
  const bar = page.getByRole("region", { name: "View", exact: true });
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    for (const button of await bar.getByRole("button").all()) {
      if (await button.isVisible()) expect((await box(button)).width).toBeGreaterThanOrEqual(40);
    }
  }
});
