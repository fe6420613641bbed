/** What is kept of a photo, as values: which part of it, whether that has changed, and its row. */
import type { Photo, Result } from "@/photos/photo";
import type { PhotoRow, ResultRow } from "./database";

/** A photo that cannot be sent is not kept: nothing was done to it, and it may be huge. */
export function isKept({ refusal }: Photo): boolean {
  return refusal === null;
}

/** The results of a photo that are kept, the last one first. */
export function resultsOf({ result, earlier }: Photo): Result[] {
  return [result, earlier].filter((one) => one !== null);
}

/** The photo with these results, the last one first. */
export function withResults(photo: Photo, results: readonly Result[]): Photo {
  return { ...photo, result: results[0] ?? null, earlier: results[1] ?? null };
}

/** Whether the same is kept of both. Values of the page's state are never altered, so identity tells. */
export function isSame(one: Photo, other: Photo): boolean {
  const before = partsOf(one);
  return partsOf(other).every((part, index) => part === before[index]);
}

function partsOf(photo: Photo): unknown[] {
  const { name, source, size, requireFace, boxes, overrides, faces, work } = photo;
  const results = resultsOf(photo);
  const job = work.phase === "kept" ? work.job : null;
  return [name, source, size, requireFace, boxes, overrides, faces, job, results.length, ...results];
}

type Ids = { session: string; file: string | null; results: string[] };

export function rowOf(photo: Photo, { session, file, results }: Ids): PhotoRow {
  const { id, name, source, size, requireFace, boxes, overrides, faces, work } = photo;
  const kept = work.phase === "kept" ? { request: work.request, job: work.job, seconds: work.seconds } : null;
  const stored = "file" in source ? { file: file ?? "" } : source;
  return { session, id, name, source: stored, size, requireFace, boxes, overrides, faces, kept, results };
}

export function resultRowOf(id: string, result: Result): ResultRow {
  const kept: Partial<Result> = { ...result };
  delete kept.url;
  return { id, result: kept as Omit<Result, "url"> };
}
