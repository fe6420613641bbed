/**
 * Photos that other apps share with the installed page. The service worker (public/sw.js) keeps them in a cache until the
 * page takes them, also if the server cannot be reached meanwhile.
 */

const SHARED = "likeness-shared"; // its name in public/sw.js too

/** How many photos wait for the page. None where the browser keeps nothing: pages without HTTPS, some private windows. */
export async function countShared(): Promise<number> {
  try {
    if (!("caches" in globalThis) || !(await caches.has(SHARED))) return 0;
    return (await (await caches.open(SHARED)).keys()).length;
  } catch {
    return 0;
  }
}

/** The shared photos, in their order. They are no longer kept then. */
export async function takeShared(): Promise<File[]> {
  const cache = await caches.open(SHARED);
  const kept = await cache.keys();
  const files = await Promise.all(
    kept.map(async (request) => {
      const answer = await cache.match(request);
      return answer ? [await fileOf(answer)] : []; // another tab was faster
    }),
  );
  await Promise.all(kept.map((request) => cache.delete(request)));
  return files.flat();
}

export async function discardShared(): Promise<void> {
  await caches.delete(SHARED);
}

async function fileOf(answer: Response): Promise<File> {
  const blob = await answer.blob();
  return new File([blob], decodeURIComponent(answer.headers.get("X-Name") ?? "photo"), { type: blob.type });
}
