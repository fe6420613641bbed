/** The results of a photo, oldest first: which are kept, and which one is shown. */
import type { Photo, Result } from "./photo";

/** Most results of a photo. */
export const MOST_RESULTS = 20;
/** Most bytes of a photo's results together. Browsers keep them on the disk, which is not endless either. */
export const MOST_BYTES = 500 * 2 ** 20;

type History = Pick<Photo, "result" | "results" | "letGo">;

/** The history with a new result, which is shown then. The oldest are let go if there are too many. */
export function withResult({ results, letGo }: History, result: Result): History {
  const kept = [...results, result].slice(-MOST_RESULTS);
  while (kept.length > 1 && bytesOf(kept) > MOST_BYTES) kept.shift();
  return { result, results: kept, letGo: letGo + results.length + 1 - kept.length };
}

/** The result before the shown one (-1), or after it (1); null: there is none. */
export function neighbourOf({ result, results }: History, by: -1 | 1): Result | null {
  if (result === null) return null;
  return results[results.indexOf(result) + by] ?? null;
}

/** The place of a result among all that the photo has had, from 1. A result keeps its number when older ones go. */
export function numberOf({ results, letGo }: History, result: Result): number {
  return letGo + results.indexOf(result) + 1;
}

function bytesOf(results: readonly Result[]): number {
  return results.reduce((sum, { blob }) => sum + blob.size, 0);
}
