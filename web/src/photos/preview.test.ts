import { beforeEach, describe, expect, it, vi } from "vitest";
import { ProblemError, UNREADABLE } from "@/api/problem";
import { servePictures } from "@/test/pictures";
import { CONFIG, photoOf, previewOf, PREVIEWING } from "@/test/samples";
import { isReduced, makesPreviews, needsPreview, standInOf } from "./preview";

let show: ReturnType<typeof servePictures>;
beforeEach(() => {
  show = servePictures({ width: 1600, height: 1200 });
});

it("a server of an earlier version makes none", () => {
  expect([CONFIG, PREVIEWING].map(makesPreviews)).toEqual([false, true]);
});

it("is needed of a file that the browser cannot show, and of nothing else", () => {
  const unshown = photoOf({ url: "", size: null });
  expect(needsPreview(unshown)).toBe(true);
  expect(needsPreview(photoOf())).toBe(false);
  expect(needsPreview({ ...unshown, refusal: { key: "intake.empty" } })).toBe(false);
  expect(needsPreview({ ...unshown, source: { address: "https://example.org/oma.heic" } })).toBe(false);
  expect(needsPreview({ ...unshown, source: { job: "job" } })).toBe(false);
});

it("stands in for the photo, whose own size is kept", async () => {
  const standIn = await standInOf(previewOf({ photo_width: 4000, photo_height: 3000 }));
  expect(standIn).toEqual({
    url: expect.stringMatching(/^blob:/) as string,
    size: { width: 4000, height: 3000 },
    preview: { width: 1600, height: 1200 },
  });
  expect(isReduced(standIn)).toBe(true);
  expect(isReduced(await standInOf(previewOf({ photo_width: 1600, photo_height: 1200 })))).toBe(false);
  expect(isReduced(photoOf())).toBe(false);
});

describe("a preview that is none is a problem", () => {
  it.each([
    ["no base64", previewOf({ image: "?" })],
    ["no width", previewOf({ photo_width: Number.NaN })],
    ["no height", previewOf({ photo_height: 0 })],
  ])("because it has %s", async (_what, preview) => {
    await expect(standInOf(preview)).rejects.toEqual(new ProblemError(UNREADABLE));
  });

  it("because the browser cannot show it, and its URL is let go", async () => {
    const revoke = vi.spyOn(URL, "revokeObjectURL");
    show(null);
    await expect(standInOf(previewOf())).rejects.toEqual(new ProblemError(UNREADABLE));
    expect(revoke).toHaveBeenCalledOnce();
  });
});
