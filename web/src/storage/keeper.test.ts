// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import type { Photo, Result } from "@/photos/photo";
import { counts, keep, leave, photoNamed, rows, serveKeepers, visit, withResults } from "@/test/keeping";
import { CONFIG, OPTIONS, PNG, problemOf, requestOf, resultOf } from "@/test/samples";
import { PAUSE_MS } from "./keeper";

serveKeepers();

const fileIn = (photo: Photo | undefined) => (photo?.source as { file: File }).file;

describe("a photo", () => {
  it("is back after a reload with all that a person did, its file and its results byte for byte", async () => {
    const first = await visit();
    expect(first.photos).toEqual([]);
    const request = requestOf({ boxes: [[1, 2, 30, 40]], requireFace: false });
    const last = { ...resultOf(), blob: new Blob(["last"], { type: "image/png" }), request, job: "job-1" };
    const earlier = { ...resultOf(), blob: new Blob(["earlier"], { type: "image/jpeg" }), seconds: 9 };
    const photo = photoNamed("a", {
      requireFace: false,
      boxes: [[1, 2, 30, 40]],
      overrides: { none: { 0: 0.5 } },
      faces: { key: "none", places: [[10, 10, 40, 40]] },
      result: last,
      results: [earlier, last],
      letGo: 3,
    });
    await keep(first.keeper, [photo]);
    expect(first.keeper.isUpToDate()).toBe(true);
    await leave(first.keeper);

    const { photos, lost } = await visit();
    expect(lost).toBe(0);
    const back = photos[0] as Photo;
    const { url, source, result, results, ...others } = back;
    expect(others).toEqual({
      ...Object.fromEntries(Object.entries(photo).filter(([name]) => name in others)),
      look: null,
      work: { phase: "idle" },
    });
    expect(url).toMatch(/^blob:/);
    expect(fileIn(back).name).toBe("a.png");
    expect(fileIn({ ...back, source }).type).toBe("image/png");
    expect(new Uint8Array(await fileIn(back).arrayBuffer())).toEqual(new Uint8Array(PNG));
    expect(await result?.blob.text()).toBe("last");
    expect(result?.blob.type).toBe("image/png");
    expect(result).toMatchObject({ facts: resultOf().facts, request, job: "job-1", seconds: 2.5, isShown: true });
    expect(result?.url).toMatch(/^blob:/);
    expect(results).toHaveLength(2);
    expect(results[1]).toBe(result);
    expect(await results[0]?.blob.text()).toBe("earlier");
    expect(results[0]?.seconds).toBe(9);
    expect(results[0]).not.toHaveProperty("job");
  });

  it("that was being sent, or has failed, is idle then", async () => {
    const { keeper } = await visit();
    const progress = { phase: "uploading", fraction: 0.5 } as const;
    await keep(keeper, [
      photoNamed("a", { work: { phase: "active", tries: 1, since: 0, progress } }),
      photoNamed("b", { work: { phase: "failed", tries: 1, problem: problemOf(), retryAt: 99 } }),
      photoNamed("c", { work: { phase: "batched", request: requestOf(), job: null, progress } }),
    ]);
    await leave(keeper);
    expect((await visit()).photos.map(({ work }) => work.phase)).toEqual(["idle", "idle", "idle"]);
  });

  it("whose result the server keeps is still so, without the problem of the last fetch", async () => {
    const { keeper } = await visit();
    const work = { phase: "kept", request: requestOf(), job: "job-1", seconds: 3, problem: problemOf() } as const;
    await keep(keeper, [photoNamed("a", { work })]);
    await leave(keeper);
    const { keeper: later } = await visit();
    const jobs = { batch_size: 4 } as never;
    const { written } = await later.load({ ...CONFIG, jobs });
    expect(written[0]?.photo.work).toEqual({ ...work, problem: null });
    expect((await later.load(CONFIG)).written[0]?.photo.work).toEqual({ phase: "idle" }); // a server without jobs
  });

  it("by its address is kept without a file, and a refused one not at all", async () => {
    const { keeper } = await visit();
    const source = { address: "https://example.org/a.jpg" };
    await keep(keeper, [
      photoNamed("a", { source, url: "", size: null }),
      photoNamed("b", { refusal: { key: "lasting.nothing" } }),
    ]);
    await leave(keeper);
    const { photos } = await visit();
    expect(photos.map(({ id, source, url }) => [id, source, url])).toEqual([["a", source, ""]]);
  });

  it("that the browser cannot show is so again: the server's picture of it is not kept", async () => {
    const { keeper } = await visit();
    const size = { width: 4000, height: 3000 };
    await keep(keeper, [photoNamed("a", { url: "blob:preview", size, preview: { width: 1600, height: 1200 } })]);
    await leave(keeper);
    const { photos } = await visit();
    expect(photos).toMatchObject([{ id: "a", url: "", size: null, preview: null }]);
  });

  it("is gone once it was removed, with its file and its results", async () => {
    const { keeper } = await visit();
    const [a, b] = [withResults("a", resultOf(), resultOf()), photoNamed("b")];
    await keep(keeper, [a, b]);
    expect(await counts()).toEqual([2, 2, 2]);
    await keep(keeper, [b]);
    expect(await counts()).toEqual([1, 1, 0]);
    await keep(keeper, []);
    expect(await rows()).toEqual({ sessions: [], photos: [], files: [], results: [] });
  });

  it("is back with the result that a person went back to", async () => {
    const { keeper } = await visit();
    const photo = withResults("a", { ...resultOf(), seconds: 1 }, { ...resultOf(), seconds: 2 });
    await keep(keeper, [photo]);
    await keep(keeper, [{ ...photo, result: photo.results[0] as Result }]);
    await leave(keeper);
    const back = (await visit()).photos[0];
    expect([back?.result?.seconds, back?.results.map(({ seconds }) => seconds)]).toEqual([1, [1, 2]]);
  });

  it("keeps its place and whether it is shown", async () => {
    const { keeper } = await visit();
    const [c, a, b] = [photoNamed("c"), photoNamed("a"), photoNamed("b")];
    await keep(keeper, [c, a, b], "b");
    await leave(keeper);
    const { photos, selected } = await visit();
    expect(photos.map(({ id }) => id)).toEqual(["c", "a", "b"]);
    expect(selected).toBe("b");
  });

  it("of a page that knew fewer options has the others' defaults", async () => {
    const { keeper } = await visit();
    const options = Object.fromEntries(Object.entries(OPTIONS).filter(([name]) => name !== "preset"));
    await keep(keeper, [withResults("a", { ...resultOf(), request: requestOf({ options: options as never }) })]);
    await leave(keeper);
    expect((await visit()).photos[0]?.result?.request.options).toEqual(OPTIONS);
  });
});

describe("writing", () => {
  it("does not wait for a photo or a result that has come or gone", async () => {
    const { keeper } = await visit();
    keeper.see({ photos: [photoNamed("a")], selected: "a" });
    await vi.waitFor(async () => expect(await counts()).toEqual([1, 1, 0]), { timeout: PAUSE_MS / 2 });
    keeper.see({ photos: [withResults("a", resultOf())], selected: "a" });
    await vi.waitFor(async () => expect(await counts()).toEqual([1, 1, 1]), { timeout: PAUSE_MS / 2 });
  });

  it("waits until nothing changes for a moment", async () => {
    const { keeper } = await visit();
    await keep(keeper, [photoNamed("a")]);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const flush = vi.spyOn(keeper, "flush");
    try {
      for (const strength of [0.1, 0.2, 0.3]) {
        keeper.see({ photos: [photoNamed("a", { overrides: { none: { 0: strength } } })], selected: "a" });
        vi.advanceTimersByTime(PAUSE_MS - 1);
      }
      expect(flush).not.toHaveBeenCalled();
      expect(keeper.isUpToDate()).toBe(false);
      vi.advanceTimersByTime(1);
      expect(flush).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
    await keeper.flush();
    expect(keeper.isUpToDate()).toBe(true);
  });

  it("does not happen for progress, nor for what a look has found", async () => {
    const { keeper } = await visit();
    const photo = photoNamed("a");
    await keep(keeper, [photo]);
    const progress = { phase: "uploading", fraction: 0.5 } as const;
    keeper.see({ photos: [{ ...photo, work: { phase: "active", tries: 1, since: 0, progress } }], selected: "a" });
    expect(keeper.isUpToDate()).toBe(true);
  });

  it("leaves files and results alone that are there already", async () => {
    const { keeper } = await visit();
    const photo = withResults("a", resultOf());
    await keep(keeper, [photo]);
    const before = await rows();
    const next = resultOf();
    await keep(keeper, [{ ...photo, requireFace: false, result: next, results: [...photo.results, next] }]);
    const after = await rows();
    expect(after.files).toEqual(before.files);
    expect(after.results).toHaveLength(2);
    const ids = (all: { id: string }[]) => all.map(({ id }) => id);
    expect(ids(after.results)).toContain(ids(before.results)[0]);
    await keep(keeper, [{ ...photo, result: next, results: [next, resultOf()], letGo: 1 }]);
    expect(ids((await rows()).results)).not.toContain(ids(before.results)[0]); // let go with the page's
    expect(await counts()).toEqual([1, 1, 2]);
  });

  it("is not done as long as what came meanwhile waits", async () => {
    const { keeper } = await visit();
    keeper.see({ photos: [photoNamed("a")], selected: "a" });
    const first = keeper.flush();
    await Promise.resolve(); // it has begun to write
    keeper.see({ photos: [photoNamed("a"), photoNamed("b")], selected: "a" });
    const second = keeper.flush();
    await first;
    expect(keeper.isUpToDate()).toBe(false);
    await second;
    expect(keeper.isUpToDate()).toBe(true);
  });

  it("counts the bytes of all tabs", async () => {
    const { keeper } = await visit();
    await keep(keeper, [withResults("a", { ...resultOf(), blob: new Blob(["12345"]) })]);
    expect(await keeper.bytes()).toBe(PNG.length + 5);
  });
});
