import { renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { photoOf, resultOf } from "@/test/samples";
import { useFreedPictures } from "./useFreedPictures";

it("frees the pictures of what is removed, and no others", () => {
  const revoked = vi.spyOn(URL, "revokeObjectURL");
  const [first, second] = [
    { ...resultOf(), url: "blob:1" },
    { ...resultOf(), url: "blob:2" },
  ];
  const photo = photoOf({ url: "blob:photo", result: second, results: [first, second] });
  const unseen = photoOf({ id: "unseen", url: "" }); // the page does not have its picture
  const { rerender } = renderHook(({ photos }) => useFreedPictures(photos), {
    initialProps: { photos: [photo, unseen] },
  });
  rerender({ photos: [{ ...photo, result: first }, unseen] });
  expect(revoked).not.toHaveBeenCalled();
  rerender({ photos: [{ ...photo, results: [second] }, unseen] });
  expect(revoked.mock.calls).toEqual([["blob:1"]]);
  rerender({ photos: [] });
  expect(revoked.mock.calls).toEqual([["blob:1"], ["blob:photo"], ["blob:2"]]);
});
