import { act, renderHook } from "@testing-library/react";
import { useReducer } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { servePictures } from "@/test/pictures";
import { LIMITS, OPTIONS, photoOf, problemOf, resultOf } from "@/test/samples";
import { ProblemError, UNREACHABLE } from "@/api/problem";
import type { EnhanceData } from "@/api/types";
import * as submission from "@/api/submission";
import type { Photo } from "@/photos/photo";
import { EMPTY, reduce } from "@/photos/reducer";
import { useRestorer } from "./useRestorer";

type Sent = {
  name: string;
  key: string | null;
  signal: AbortSignal;
  onProgress: (progress: submission.Progress) => void;
  resolve: (data: EnhanceData) => void;
  reject: (error: unknown) => void;
};

vi.mock("@/api/submission");

let sent: Sent[];
let revoked: string[];
let showPictures: ReturnType<typeof servePictures>;
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  revoked = [];
  showPictures = servePictures({ width: 200, height: 160 });
  vi.mocked(submission.submit).mockImplementation(
    (form, { key, signal, onProgress }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        sent.push({ name: (form.get("file") as File).name, key, signal, onProgress, resolve, reject });
      }),
  );
  vi.spyOn(Blob.prototype, "arrayBuffer").mockResolvedValue(new ArrayBuffer(1)); // the files can be read
  vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => void revoked.push(url));
});
afterEach(() => {
  vi.useRealTimers();
});

const ANSWER: EnhanceData = { ...resultOf().facts, restored_image: btoa("a picture") };
const BUSY = problemOf({ status: 503, retryAfter: 5 });

function restoring(...photos: Photo[]) {
  const view = renderHook(
    ({ key }: { key: string | null }) => {
      const [state, dispatch] = useReducer(reduce, {
        ...EMPTY,
        options: OPTIONS,
        photos,
        selected: photos[0]?.id ?? null,
      });
      const cancel = useRestorer(state, dispatch, { key, limits: LIMITS });
      return { state, dispatch, cancel };
    },
    { initialProps: { key: null as string | null } },
  );
  const work = (id: string) => view.result.current.state.photos.find((photo) => photo.id === id)?.work;
  return {
    ...view,
    work,
    phases: () => view.result.current.state.photos.map((photo) => photo.work.phase),
    photo: (id: string) => view.result.current.state.photos.find((one) => one.id === id),
    ask: (...ids: string[]) => act(async () => view.result.current.dispatch({ type: "requested", ids })),
    cancel: (id: string) => act(async () => view.result.current.cancel(id)),
  };
}

const answer = (index: number) => act(async () => sent[index]?.resolve(ANSWER));
const refuse = (index: number, error: unknown = new ProblemError(BUSY)) => act(async () => sent[index]?.reject(error));
const wait = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const names = () => sent.map(({ name }) => name);

const photos = () =>
  ["a", "b", "c"].map((id) => photoOf({ id, url: `blob:${id}` }, `${id}.png`)) as [Photo, Photo, Photo];

describe("useRestorer", () => {
  it("sends nothing before a request", () => {
    restoring(...photos());
    expect(sent).toEqual([]);
  });

  it("sends one photo at a time, in their order", async () => {
    const page = restoring(...photos());
    await page.ask("c", "a", "b");
    expect(names()).toEqual(["a.png"]);
    expect(page.phases()).toEqual(["active", "waiting", "waiting"]);
    await answer(0);
    expect(names()).toEqual(["a.png", "b.png"]);
    await answer(1);
    await answer(2);
    expect(names()).toEqual(["a.png", "b.png", "c.png"]);
    expect(page.phases()).toEqual(["idle", "idle", "idle"]);
  });

  it("keeps the picture and its request", async () => {
    const page = restoring(photos()[0]);
    await page.ask("a");
    await wait(1500);
    await answer(0);
    const result = page.photo("a")?.result;
    expect(result).toMatchObject({ facts: resultOf().facts, request: { requireFace: true, overrides: {} } });
    expect(result?.facts).not.toHaveProperty("restored_image");
    expect(result?.blob).toMatchObject({ size: "a picture".length, type: "image/png" });
    expect(result?.seconds).toBeGreaterThanOrEqual(1.5);
  });

  it("reports the progress", async () => {
    const page = restoring(photos()[0]);
    await page.ask("a");
    act(() => sent[0]?.onProgress({ phase: "queued", position: 3 }));
    expect(page.work("a")).toMatchObject({ progress: { phase: "queued", position: 3 } });
  });

  it("continues with the next photo after a failure without retry", async () => {
    const page = restoring(...photos());
    await page.ask("a", "b");
    await refuse(0, new ProblemError(problemOf({ status: 422 })));
    expect(page.work("a")).toMatchObject({ phase: "failed", retryAt: null });
    expect(names()).toEqual(["a.png", "b.png"]);
  });

  it("fails if the picture is not base64", async () => {
    const page = restoring(photos()[0]);
    await page.ask("a");
    await act(async () => sent[0]?.resolve({ ...ANSWER, restored_image: "no*base64" }));
    expect(page.work("a")).toMatchObject({ phase: "failed", problem: { code: "unreadable" } });
  });

  it("fails if the picture cannot be shown", async () => {
    showPictures(null);
    const page = restoring(photos()[0]);
    await page.ask("a");
    await answer(0);
    expect(page.work("a")).toMatchObject({ phase: "failed", problem: { code: "unreadable" } });
    expect(revoked).toHaveLength(1);
  });

  it("keeps a picture of a format that the browser cannot show", async () => {
    showPictures(null);
    const page = restoring(photos()[0]);
    await page.ask("a");
    const head = new Uint8Array([0x49, 0x49, 0x2a, 0]).buffer;
    vi.mocked(Blob.prototype.arrayBuffer).mockResolvedValue(head);
    const restored_image = btoa("II*\0");
    await act(async () => sent[0]?.resolve({ ...ANSWER, media_type: "image/tiff", restored_image }));
    await vi.waitFor(() =>
      expect(page.photo("a")?.result).toMatchObject({ isShown: false, blob: { type: "image/tiff" } }),
    );
    expect(revoked).toHaveLength(0);
  });

  it("fails if the bytes are of another format than the answer says", async () => {
    showPictures(null);
    const page = restoring(photos()[0]);
    await page.ask("a");
    await act(async () => sent[0]?.resolve({ ...ANSWER, media_type: "image/tiff" }));
    await vi.waitFor(() => expect(page.work("a")).toMatchObject({ phase: "failed", problem: { code: "unreadable" } }));
  });

  it("fails with `file_gone` if the file can no longer be read", async () => {
    const page = restoring(photos()[0]);
    await page.ask("a");
    vi.mocked(Blob.prototype.arrayBuffer).mockRejectedValue(new DOMException("gone", "NotFoundError"));
    await refuse(0, new ProblemError(UNREACHABLE));
    expect(page.work("a")).toMatchObject({ phase: "failed", problem: { code: "file_gone" }, retryAt: null });
  });

  it("sends a photo again after the delay of a busy server, and the others after it", async () => {
    const page = restoring(...photos());
    await page.ask("a", "b");
    await refuse(0);
    await wait(4900);
    expect(names()).toEqual(["a.png"]);
    await wait(200);
    expect(names()).toEqual(["a.png", "a.png"]);
    await answer(1);
    expect(names()).toEqual(["a.png", "a.png", "b.png"]);
  });

  it("sends it at once on request, and not a second time after the delay", async () => {
    const page = restoring(photos()[0]);
    await page.ask("a");
    await refuse(0);
    await page.ask("a");
    expect(names()).toEqual(["a.png", "a.png"]);
    await wait(10_000);
    expect(names()).toEqual(["a.png", "a.png"]);
  });

  it("does not send it again after a cancel, and continues with the others", async () => {
    const page = restoring(...photos());
    await page.ask("a", "b");
    await refuse(0);
    await page.cancel("a");
    expect(names()).toEqual(["a.png", "b.png"]);
    await answer(1);
    await wait(20_000);
    expect(names()).toEqual(["a.png", "b.png"]);
  });

  it("aborts a cancelled photo, and continues with the next", async () => {
    const page = restoring(...photos());
    await page.ask("a", "b");
    await page.cancel("a");
    expect(sent[0]?.signal.aborted).toBe(true);
    expect(page.work("a")).toEqual({ phase: "idle" });
    expect(names()).toEqual(["a.png", "b.png"]);
  });

  it("does not send a waiting photo that was cancelled", async () => {
    const page = restoring(...photos());
    await page.ask("a", "b");
    await page.cancel("b");
    await answer(0);
    expect(names()).toEqual(["a.png"]);
  });

  it("can send again after a cancel, and ignores the answer to the first", async () => {
    const page = restoring(photos()[0]);
    await page.ask("a");
    await page.cancel("a");
    await page.ask("a");
    await answer(0);
    expect(page.work("a")).toMatchObject({ phase: "active" });
    await answer(1);
    expect(page.photo("a")?.result).not.toBeNull();
  });

  it("does not send a photo that would have too many pixels, and says why", async () => {
    const [a, b] = photos();
    const page = restoring({ ...a, size: { width: 9000, height: 9000 } }, b);
    await page.ask("a", "b");
    expect(page.work("a")).toMatchObject({ phase: "failed", retryAt: null, problem: { code: "too_many_pixels" } });
    expect(names()).toEqual(["b.png"]);
  });

  it("keeps the results before, each with a URL and the time", async () => {
    const page = restoring(photos()[0]);
    for (let index = 0; index < 3; index += 1) {
      await page.ask("a");
      await answer(index);
      await wait(1000);
    }
    const { results = [], result } = page.photo("a") ?? {};
    expect(new Set(results.map(({ url }) => url)).size).toBe(3);
    expect(results.map(({ at }) => at - (results[0]?.at ?? 0))).toEqual([0, 1000, 2000]);
    expect(result).toBe(results[2]);
    expect(revoked).toEqual([]);
  });

  it("revokes the URL of a result that came after a cancel, and keeps the earlier ones", async () => {
    const page = restoring(photoOf({ id: "a", result: resultOf() }));
    let late: ((data: EnhanceData) => void) | undefined;
    vi.mocked(submission.submit).mockImplementationOnce(() => new Promise((resolve) => (late = resolve)));
    await page.ask("a");
    await page.cancel("a");
    await act(async () => late?.(ANSWER));
    expect(revoked).toHaveLength(1);
    expect(page.photo("a")).toMatchObject({ result: { url: "blob:result" }, results: [{ url: "blob:result" }] });
  });

  it("sends the key that was entered", async () => {
    const page = restoring(photos()[0]);
    page.rerender({ key: "secret" });
    await page.ask("a");
    expect(sent[0]?.key).toBe("secret");
  });

  it("aborts all work on unmount", async () => {
    const page = restoring(photos()[0]);
    await page.ask("a");
    page.unmount();
    expect(sent[0]?.signal.aborted).toBe(true);
  });
});
