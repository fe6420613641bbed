import type { Page } from "@playwright/test";
import { BASE } from "./servers";
import { expect, test } from "./test";
import { photo, type Workbench } from "./workbench";

// The browser logs each request that fails.
test.use({ serviceWorkers: "allow", provokes: true });

async function visited(page: Page, workbench: Workbench): Promise<void> {
  await workbench.open();
  await page.evaluate(() => navigator.serviceWorker.ready);
}

/** Sends photos to the installed page, as Android does when a person shares them with it. */
async function share(page: Page, ...names: string[]): Promise<void> {
  await page.goto("about:blank");
  await page.setContent(
    `<form method="post" enctype="multipart/form-data" action="${BASE.plain}/share">
      <input type="file" name="photos" multiple /><button>Share</button>
    </form>`,
  );
  await page.locator("input").setInputFiles(names.map(photo));
  await page.getByRole("button", { name: "Share" }).click();
  await expect(page).toHaveURL(`${BASE.plain}/`);
}

const kept = (page: Page) => page.evaluate(async () => (await (await caches.open("likeness-shared")).keys()).length);

test.describe("in the installed page", () => {
  test.beforeEach(async ({ page }) => {
    // A browser without a window cannot install the page.
    await page.addInitScript(() => {
      const known = window.matchMedia.bind(window);
      window.matchMedia = (query) => known(query === "(display-mode: standalone)" ? "all" : query);
    });
  });

  test("shared photos are in the strip, and are restored", async ({ page, workbench }) => {
    await visited(page, workbench);
    await share(page, "portrait.jpg", "second.png");
    const strip = page.getByRole("navigation", { name: "Photos" });
    await expect(strip.getByRole("button", { name: "portrait.jpg, new" })).toBeVisible();
    await expect(strip.getByRole("button", { name: "second.png, new" })).toBeVisible();
    await expect.poll(() => kept(page)).toBe(0);
    await workbench.restore.click();
    await workbench.done();
  });

  test("photos that are shared without a connection are added when it is back", async ({
    page,
    context,
    workbench,
  }) => {
    await visited(page, workbench);
    await context.setOffline(true);
    await share(page, "portrait.jpg");
    await expect(page.getByText(/server cannot be reached/)).toBeVisible();
    expect(await kept(page)).toBe(1);
    await context.setOffline(false);
    await expect(page.getByRole("button", { name: "portrait.jpg, new" })).toBeVisible();
    await expect.poll(() => kept(page)).toBe(0);
  });
});

test.describe("in a tab, where another site may have sent them", () => {
  test("the person is asked first, and nothing is sent to the server before", async ({ page, workbench, looks }) => {
    await visited(page, workbench);
    await share(page, "portrait.jpg");
    const question = page.getByRole("dialog", { name: "Shared photos" });
    await expect(question).toContainText("has sent a photo here");
    await page.waitForTimeout(1500); // longer than the page waits before it has a new photo looked at
    await expect(workbench.photos).toHaveCount(0);
    expect(looks).toEqual([]);
    await question.getByRole("button", { name: "Add" }).click();
    await expect(question).toHaveCount(0);
    await expect(page.getByRole("button", { name: "portrait.jpg, new" })).toBeVisible();
    expect(await kept(page)).toBe(0);
  });

  test("photos that the person does not want are not kept", async ({ page, workbench }) => {
    await visited(page, workbench);
    await share(page, "portrait.jpg", "second.png");
    await page.getByRole("button", { name: "Discard" }).click();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(workbench.photos).toHaveCount(0);
    expect(await kept(page)).toBe(0);
  });
});

test("photos that cannot be kept are told of", async ({ page }) => {
  await page.goto("/?share=failed");
  await expect(page.getByRole("dialog")).toContainText("could not be taken over");
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page).toHaveURL(`${BASE.plain}/`);
});
