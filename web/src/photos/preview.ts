/** The server's picture of a photo that the browser cannot show. */
import { blobOf } from "@/api/picture";
import { ProblemError, UNREADABLE } from "@/api/problem";
import type { Config, PhotoPreview } from "@/api/types";
import type { Photo } from "./photo";
import { sizeOf } from "./size";

/** What a photo gets of its preview. The URL is revoked with the photo. */
export type StandIn = Pick<Photo, "url" | "size" | "preview">;

/** Whether the server makes previews; one of an earlier version does not. */
export function makesPreviews({ defaults }: Config): boolean {
  return "preview" in defaults;
}

/** Whether only the server can say how the photo looks. One by its address is fetched only to be restored. */
export function needsPreview({ source, size, refusal }: Pick<Photo, "source" | "size" | "refusal">): boolean {
  return size === null && refusal === null && "file" in source;
}

/** Whether the picture has fewer pixels than the photo itself. */
export function isReduced({ size, preview }: Pick<Photo, "size" | "preview">): boolean {
  return size !== null && preview !== null && preview.width < size.width;
}

/** A picture to show for the photo, in whose size boxes and results are. Throws `ProblemError` if it is none. */
export async function standInOf(preview: PhotoPreview): Promise<StandIn> {
  const size = { width: preview.photo_width, height: preview.photo_height };
  const isSized = [size.width, size.height].every((side) => Number.isSafeInteger(side) && side > 0);
  const url = isSized ? URL.createObjectURL(decoded(preview)) : null;
  const shown = url !== null && (await sizeOf(url));
  if (url !== null && shown) return { url, size, preview: shown };
  if (url !== null) URL.revokeObjectURL(url);
  throw new ProblemError(UNREADABLE);
}

function decoded({ image, media_type }: PhotoPreview): Blob {
  try {
    return blobOf(image, media_type);
  } catch {
    throw new ProblemError(UNREADABLE); // it is not base64
  }
}
