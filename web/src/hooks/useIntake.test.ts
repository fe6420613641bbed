import { renderHook, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Limits } from "@/api/types";
import { servePictures } from "@/test/pictures";
import { fileOf, LIMITS, PNG } from "@/test/samples";
import type { Photo } from "@/photos/photo";
import { useIntake, type Item } from "./useIntake";

let show: ReturnType<typeof servePictures>;
beforeEach(() => {
  show = servePictures({ width: 300, height: 200 });
});

function taking(limits: Limits | null) {
  const photos: Photo[] = [];
  const onPhotos = (more: Photo[]) => void photos.push(...more);
  const view = renderHook((known: Limits | null) => useIntake(known, onPhotos), { initialProps: limits });
  return { photos, add: (...items: Item[]) => view.result.current(items), rerender: view.rerender };
}

describe("useIntake", () => {
  it("makes photos with a size and an id of their own", async () => {
    const { photos, add } = taking(LIMITS);
    add(fileOf(PNG, "one.png"), fileOf(PNG, "two.png"));
    await waitFor(() => expect(photos).toHaveLength(2));
    expect(photos.map(({ name }) => name)).toEqual(["one.png", "two.png"]);
    expect(photos[0]).toMatchObject({ refusal: null, size: { width: 300, height: 200 }, work: { phase: "idle" } });
    add(fileOf(PNG, "three.png"));
    await waitFor(() => expect(photos).toHaveLength(3));
    expect(new Set(photos.map(({ id }) => id)).size).toBe(3);
  });

  it("keeps files that the server would refuse, with the reason", async () => {
    const { photos, add } = taking(LIMITS);
    add(fileOf([1, 2, 3], "photo.jpg"), fileOf(PNG));
    await waitFor(() => expect(photos).toHaveLength(2));
    expect(photos.map(({ refusal }) => refusal)).toEqual([
      { key: "intake.wrongKind", values: { kinds: "JPEG, PNG, WebP" } },
      null,
    ]);
  });

  it("refuses a photo with too many pixels", async () => {
    show({ width: 6000, height: 6000 });
    const { photos, add } = taking(LIMITS);
    add(fileOf(PNG));
    await waitFor(() => expect(photos).toHaveLength(1));
    expect(photos[0]?.refusal).toEqual({ key: "intake.tooManyPixels", values: { megapixels: 36, most: 25 } });
  });

  it("accepts a photo that the browser cannot show", async () => {
    const revoke = vi.spyOn(URL, "revokeObjectURL");
    show(null);
    const { photos, add } = taking(LIMITS);
    add(fileOf(PNG));
    await waitFor(() => expect(photos).toHaveLength(1));
    expect(photos[0]).toMatchObject({ url: "", size: null, refusal: null });
    expect(revoke).toHaveBeenCalledOnce();
  });

  it("refuses a file that cannot be read", async () => {
    const gone = fileOf(PNG);
    gone.slice = () => {
      throw new DOMException("The file is gone.", "NotFoundError");
    };
    const { photos, add } = taking(LIMITS);
    add(gone);
    await waitFor(() => expect(photos).toHaveLength(1));
    expect(photos[0]?.refusal).toEqual({ key: "intake.unread" });
  });

  it("keeps files until the limits are known, and adds them once", async () => {
    const { photos, add, rerender } = taking(null);
    add(fileOf(PNG, "early.png"));
    rerender(null);
    expect(photos).toEqual([]);
    rerender(LIMITS);
    await waitFor(() => expect(photos).toHaveLength(1));
    rerender({ ...LIMITS });
    add(fileOf(PNG, "late.png"));
    await waitFor(() => expect(photos.map(({ name }) => name)).toEqual(["early.png", "late.png"]));
  });

  it("takes an address only if the server fetches photos", async () => {
    const address = "https://example.org/oma.jpg";
    const { photos, add, rerender } = taking(LIMITS);
    add(address);
    await waitFor(() => expect(photos).toHaveLength(1));
    expect(photos[0]?.refusal).toEqual({ key: "intake.noAddresses" });
    rerender({ ...LIMITS, url_fetch: true });
    add(address, fileOf(PNG, "opa.png"));
    await waitFor(() => expect(photos).toHaveLength(3));
    expect(photos[1]).toMatchObject({ name: "oma.jpg", source: { address }, url: "", size: null, refusal: null });
  });

  it("does nothing without files", async () => {
    const onPhotos = vi.fn();
    const { result } = renderHook(() => useIntake(LIMITS, onPhotos));
    result.current([]);
    await Promise.resolve();
    expect(onPhotos).not.toHaveBeenCalled();
  });
});
