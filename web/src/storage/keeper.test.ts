// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Photo, Result } from "@/photos/photo";
import { CONFIG, fileOf, OPTIONS, photoOf, PNG, problemOf, requestOf, resultOf } from "@/test/samples";
import { serveDatabase, serveLocks, serveTab } from "@/test/storage";
import { openDatabase, TABLES } from "./database";
import type { Fault } from "./faults";
import { forgetAll, Keeper, PAUSE_MS } from "./keeper";

let tab: Map<string, string>;
const open: Keeper[] = [];

beforeEach(() => {
  serveDatabase();
  serveLocks();
  tab = serveTab();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((keeper) => keeper.close()));
});

/** Opens the page in this tab. */
async function visit(events: Partial<{ onFault: (fault: Fault | null) => void; onEmptied: () => void }> = {}) {
  const keeper = await Keeper.open({ onFault: () => undefined, onEmptied: () => undefined, ...events });
  open.push(keeper);
  const { written, selected, lost } = await keeper.load(CONFIG);
  return { keeper, photos: written.map(({ photo }) => photo), selected, lost };
}

/** Leaves the page, so that the same tab or another one can be opened. */
async function leave(keeper: Keeper) {
  open.splice(open.indexOf(keeper), 1);
  await keeper.close();
}

async function keep(keeper: Keeper, photos: readonly Photo[], selected: string | null = photos[0]?.id ?? null) {
  keeper.see({ photos, selected });
  await keeper.flush();
}

/** All rows of the database, by table. */
async function rows() {
  const database = await openDatabase({ onNewer: () => undefined, onLost: () => undefined });
  const all = await Promise.all(TABLES.map(async (table) => [table, await database.getAll(table)] as const));
  database.close();
  return Object.fromEntries(all) as Record<(typeof TABLES)[number], never[]>;
}

async function counts() {
  const { photos, files, results } = await rows();
  return [photos.length, files.length, results.length];
}

async function change(work: (database: Awaited<ReturnType<typeof openDatabase>>) => Promise<unknown>) {
  const database = await openDatabase({ onNewer: () => undefined, onLost: () => undefined });
  await work(database);
  database.close();
}

const fileIn = (photo: Photo | undefined) => (photo?.source as { file: File }).file;
const photoNamed = (id: string, changes: Partial<Photo> = {}) => photoOf({ id, ...changes }, `${id}.png`);

/** A photo with these results, oldest first; the last one is shown. */
function withResults(id: string, ...results: Result[]): Photo {
  return photoNamed(id, { results, result: results.at(-1) ?? null });
}

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
    const later = await Keeper.open({ onFault: () => undefined, onEmptied: () => undefined });
    open.push(later);
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

describe("a full disk", () => {
  it("is told, the other photos are kept, and it is tried again once there is room", async () => {
    const faults: (Fault | null)[] = [];
    const { keeper } = await visit({ onFault: (fault) => faults.push(fault) });
    const { IDBObjectStore } = await import("fake-indexeddb");
    const put = IDBObjectStore.prototype.put;
    let isFull = true;
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, ...values) {
      const [row] = values as [{ file?: Blob }];
      if (isFull && row.file && row.file.size > 100) throw new DOMException("full", "QuotaExceededError");
      return put.apply(this, values);
    });
    const large = photoNamed("large", { source: { file: fileOf(Array.from({ length: 200 }, () => 1)) } });
    const small = photoNamed("small");
    await keep(keeper, [large, small]);
    expect(faults).toEqual(["full"]);
    expect(keeper.isUpToDate()).toBe(false);
    expect(await counts()).toEqual([1, 1, 0]);

    isFull = false;
    await keep(keeper, [large, { ...small, requireFace: false }]);
    expect(faults).toEqual(["full", "full"]); // the large one has not changed, and nothing made room
    await keep(keeper, [large]);
    expect(faults.at(-1)).toBeNull();
    expect(keeper.isUpToDate()).toBe(true);
    await leave(keeper);
    expect((await visit()).photos.map(({ id }) => id)).toEqual(["large"]);
  });
});

it("a photo of which one part cannot be written leaves no other part behind", async () => {
  const faults: (Fault | null)[] = [];
  const { keeper } = await visit({ onFault: (fault) => faults.push(fault) });
  const unwritable = { ...resultOf(), facts: { ...resultOf().facts, faces: [() => 1] as never } };
  await keep(keeper, [withResults("a", unwritable), photoNamed("b")]);
  expect(faults).toEqual(["unwritten"]);
  expect(await counts()).toEqual([1, 1, 0]);
});

describe("what cannot be read", () => {
  it.each([
    ["a photo without its file", "files", { id: "?" }],
    ["a photo of another shape", "photos", { boxes: 7 }],
  ] as const)("%s is dropped and counted, and the others are there", async (_, table, damage) => {
    const { keeper } = await visit();
    await keep(keeper, [withResults("a", resultOf()), photoNamed("b")]);
    await leave(keeper);
    await change(async (database) => {
      const [photo] = await database.getAll("photos");
      if (table === "files") await database.delete("files", (photo?.source as { file: string }).file);
      else await database.put("photos", { ...photo, ...damage } as never);
    });
    const later = await visit();
    expect(later.photos.map(({ id }) => id)).toEqual(["b"]);
    expect(later.lost).toBe(1);
    expect((await counts())[0]).toBe(1);
    await leave(later.keeper);
    expect((await visit()).lost).toBe(0);
  });

  it.each([
    ["a result of another shape", { facts: null }],
    ["a result without a picture", { blob: "?" }],
  ])("%s is dropped, and its photo is there", async (_, damage) => {
    const { keeper } = await visit();
    await keep(keeper, [withResults("a", resultOf())]);
    await leave(keeper);
    await change(async (database) => {
      const [row] = await database.getAll("results");
      await database.put("results", { ...row, result: { ...row?.result, ...damage } } as never);
    });
    const later = await visit();
    expect(later.photos.map(({ id, result }) => [id, result])).toEqual([["a", null]]);
    expect(later.lost).toBe(1);
    expect(await counts()).toEqual([1, 1, 0]);
    await leave(later.keeper);
    const last = await visit();
    expect([last.photos.map(({ id }) => id), last.lost]).toEqual([["a"], 0]); // told once
  });

  it("an unreadable row is like a missing one", async () => {
    const { keeper } = await visit();
    await keep(keeper, [photoNamed("a"), photoNamed("b")]);
    await leave(keeper);
    const { IDBObjectStore } = await import("fake-indexeddb");
    const get = IDBObjectStore.prototype.get;
    let isFirst = true;
    vi.spyOn(IDBObjectStore.prototype, "get").mockImplementation(function (this: IDBObjectStore, key) {
      if (this.name === "files" && isFirst) {
        isFirst = false;
        throw new DOMException("Failed to read large IndexedDB value", "DataError");
      }
      return get.call(this, key);
    });
    const later = await visit();
    expect(later.photos.map(({ id }) => id)).toEqual(["b"]);
    expect(later.lost).toBe(1);
  });
});

describe("the end", () => {
  it("comes when a newer version of the page opens the database, with a word", async () => {
    const faults: (Fault | null)[] = [];
    const { keeper } = await visit({ onFault: (fault) => faults.push(fault) });
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.open("likeness", 99);
      request.onsuccess = () => resolve(request.result.close());
      request.onerror = () => reject(request.error);
    });
    expect(faults).toEqual(["newer"]);
    expect(keeper.isUpToDate()).toBe(false);
    await expect(visit()).rejects.toMatchObject({ name: "VersionError" });
  });

  it("of another tab: a closed keeper writes no more", async () => {
    const { keeper } = await visit();
    await leave(keeper);
    await keep(keeper, [photoNamed("a")]);
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it("is that all tabs are told when everything is deleted", async () => {
    const onEmptied = vi.fn();
    const first = await visit({ onEmptied });
    await keep(first.keeper, [withResults("a", resultOf())]);
    tab.clear();
    const second = await visit();
    await keep(second.keeper, [photoNamed("b")]);
    await second.keeper.empty();
    expect(await counts()).toEqual([0, 0, 0]);
    await vi.waitFor(() => expect(onEmptied).toHaveBeenCalledOnce());
    await keep(second.keeper, [photoNamed("c")]); // goes on
    expect(await counts()).toEqual([1, 1, 0]);
  });

  it("is that nothing is left when nothing is to be kept", async () => {
    const { keeper } = await visit();
    await keep(keeper, [withResults("a", resultOf())]);
    await leave(keeper);
    await forgetAll();
    expect(await rows()).toEqual({ sessions: [], photos: [], files: [], results: [] });
    vi.stubGlobal("indexedDB", undefined);
    await expect(forgetAll()).resolves.toBeUndefined();
  });
});
