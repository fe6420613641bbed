/** What is kept of a photo, as values: which part of it, whether that has changed, and its row. */
import type { Photo, Result } from "@/photos/photo";
import type { PhotoRow, ResultRow } from "./database";

/** A photo that cannot be sent is not kept: nothing was done to it, and it may be huge. */
export function isKept({ refusal }: Photo): boolean {
  return refusal === null;
}

/** Whether the same is kept of both. Values of the page's state are never altered, so identity tells. */
export function isSame(one: Photo, other: Photo): boolean {
  const before = partsOf(one);
  return partsOf(other).every((part, index) => part === before[index]);
}

function partsOf(photo: Photo): unknown[] {
  const { name, source, size, requireFace, boxes, overrides, faces, work, result, results, letGo } = photo;
  const job = work.phase === "kept" ? work.job : null;
  return [name, source, size, requireFace, boxes, overrides, faces, job, letGo, result, results.length, ...results];
}

type Ids = { session: string; file: string | null; ids: ReadonlyMap<Result, string> };

export function rowOf(photo: Photo, { session, file, ids }: Ids): PhotoRow {
  const { id, name, source, requireFace, boxes, overrides, faces, work, letGo } = photo;
  const size = photo.preview === null ? photo.size : null; // a preview is not kept: the server makes it again
  const kept = work.phase === "kept" ? { request: work.request, job: work.job, seconds: work.seconds } : null;
  const stored = "file" in source ? { file: file ?? "" } : source;
  const results = photo.results.flatMap((result) => ids.get(result) ?? []);
  const shown = (photo.result && ids.get(photo.result)) ?? null;
  const ofPerson = { requireFace, boxes, overrides, faces };
  return { session, id, name, source: stored, size, ...ofPerson, kept, results, shown, letGo };
}

export function resultRowOf(id: string, result: Result): ResultRow {
  const kept: Partial<Result> = { ...result };
  delete kept.url;
  return { id, result: kept as Omit<Result, "url"> };
}
