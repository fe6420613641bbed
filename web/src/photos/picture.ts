/** Pictures of results, as far as the browser can show them. */
import { ProblemError, refusedHere, UNREADABLE } from "@/api/problem";
import { isShownEverywhere, mediaTypeOf } from "./formats";
import type { Result, Source } from "./photo";
import { sizeOf } from "./size";

export const FILE_GONE = refusedHere("file_gone", { key: "problems.fileGone" });

/** A URL for a picture. Throws `ProblemError` if it is no picture of its type. */
export async function pictureOf(blob: Blob): Promise<Pick<Result, "blob" | "url" | "isShown">> {
  const url = URL.createObjectURL(blob);
  const isShown = (await sizeOf(url)) !== null;
  if (isShown || (!isShownEverywhere(blob.type) && (await mediaTypeOf(blob)) === blob.type)) {
    return { blob, url, isShown };
  }
  URL.revokeObjectURL(url);
  throw new ProblemError(UNREADABLE);
}

/** Whether a chosen file can no longer be read. If it was changed, the browser ends the upload and gives no reason. */
export async function isGone(source: Source): Promise<boolean> {
  if (!("file" in source)) return false;
  return source.file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => false,
      () => true,
    );
}
