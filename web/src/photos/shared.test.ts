// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { countShared, discardShared, takeShared } from "./shared";

/** The browser's caches, with what the service worker has put into that of shared photos. */
function cachesWith(photos: Record<string, Response>) {
  const kept = new Map(Object.entries(photos));
  const cache = {
    keys: async () => [...kept.keys()],
    match: async (key: string) => kept.get(key),
    delete: async (key: string) => kept.delete(key),
  };
  const stub = {
    has: async () => kept.size > 0,
    open: async () => cache,
    delete: async () => kept.clear(),
  };
  vi.stubGlobal("caches", stub);
  return { kept, cache, stub };
}

function photo(name: string, type: string, bytes = "bytes"): Response {
  return new Response(bytes, { headers: { "Content-Type": type, "X-Name": encodeURIComponent(name) } });
}

describe("photos that another app shares", () => {
  let browser: ReturnType<typeof cachesWith>;
  beforeEach(() => {
    browser = cachesWith({
      "/share/2": photo("Größe 🙂.jpg", "image/jpeg", "one"),
      "/share/1": photo("b.png", "image/png"),
    });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("are taken in their order, with name, type and content, and not kept any longer", async () => {
    expect(await countShared()).toBe(2);
    const files = await takeShared();
    expect(files.map(({ name, type }) => [name, type])).toEqual([
      ["Größe 🙂.jpg", "image/jpeg"],
      ["b.png", "image/png"],
    ]);
    expect(await files[0]?.text()).toBe("one");
    expect(await countShared()).toBe(0);
    expect(await takeShared()).toEqual([]);
  });

  it("are left out if another tab has taken them meanwhile", async () => {
    browser.cache.match = async (key) => (key === "/share/1" ? browser.kept.get(key) : undefined);
    expect((await takeShared()).map(({ name }) => name)).toEqual(["b.png"]);
  });

  it("can be discarded", async () => {
    await discardShared();
    expect(browser.kept.size).toBe(0);
  });

  it("stay kept if one of them cannot be read", async () => {
    browser.cache.match = () => Promise.reject(new Error("The disk is broken."));
    await expect(takeShared()).rejects.toThrow("broken");
    expect(browser.kept.size).toBe(2);
  });
});

describe("a browser that keeps nothing", () => {
  it("has no caches in a page without HTTPS", async () => {
    expect(await countShared()).toBe(0);
  });

  it("refuses them", async () => {
    cachesWith({}).stub.has = () => Promise.reject(new DOMException("Not allowed.", "SecurityError"));
    expect(await countShared()).toBe(0);
  });
});
