import { expect, test } from "./test";

const LIMIT = 190_000; // bytes as transferred, compressed; React and Next.js are 132,000 of them

test("the first load is small and compressed, and works under a strict Content-Security-Policy", async ({
  page,
  workbench,
}) => {
  const scripts = new Map<string, { bytes: number; encoding: string | undefined }>();
  page.on("requestfinished", async (request) => {
    if (request.resourceType() !== "script") return;
    const answer = await request.response();
    const { responseBodySize } = await request.sizes();
    scripts.set(request.url(), { bytes: responseBodySize, encoding: answer?.headers()["content-encoding"] });
  });
  const answered = page.waitForResponse("/");
  await workbench.open();
  await page.waitForLoadState("networkidle");

  expect([...scripts.values()].map(({ encoding }) => encoding)).toEqual([...scripts].map(() => "gzip"));
  const bytes = [...scripts.values()].reduce((sum, script) => sum + script.bytes, 0);
  test.info().annotations.push({ type: "script", description: `${bytes} bytes in ${scripts.size} files` });
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThanOrEqual(LIMIT);

  // What shows pictures, and what changes and tells results, comes with the first photo.
  const loaded = scripts.size;
  await workbench.choose("portrait.jpg");
  await expect(workbench.restore).toBeVisible();
  expect(scripts.size).toBeGreaterThan(loaded);

  const policy = (await answered).headers()["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe");
});
