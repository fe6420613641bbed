/** Photos that other apps share with the installed page. The service worker (public/sw.js) keeps them for the page. */

const SHARED = "likeness-shared"; // its name in public/sw.js too
const QUERY = "shared";

/** What the page was opened with: photos that were shared, such that could not be kept, or nothing of the kind. */
export type Share = "kept" | "failed" | null;

export function shareOf(search: string): Share {
  const value = new URLSearchParams(search).get(QUERY);
  if (value === null) return null;
  return value === "failed" ? "failed" : "kept";
}

/** The address without what tells of shared photos, so that a reload does not ask for them again. */
export function addressWithoutShare(address: string): string {
  const url = new URL(address);
  url.searchParams.delete(QUERY);
  return url.href;
}

/** How many photos are kept for the page. */
export async function countShared(): Promise<number> {
  return (await (await caches.open(SHARED)).keys()).length;
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

async function fileOf(answer: Response): Promise<File> {
  const blob = await answer.blob();
  return new File([blob], decodeURIComponent(answer.headers.get("X-Name") ?? "photo"), { type: blob.type });
}
