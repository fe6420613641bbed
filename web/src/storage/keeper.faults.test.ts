// @vitest-environment node
/** What is not kept, and the end of a keeper. */
import { describe, expect, it, vi } from "vitest";
import {
  change,
  counts,
  keep,
  leave,
  openNewTab,
  photoNamed,
  rows,
  serveKeepers,
  visit,
  withResults,
} from "@/test/keeping";
import { fileOf, resultOf } from "@/test/samples";
import type { Fault } from "./faults";
import { forgetAll } from "./keeper";

serveKeepers();

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
    openNewTab();
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
