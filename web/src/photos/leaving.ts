/** What would be lost if the page were left now. */
import { isRetrying, type Photo } from "./photo";

/** Whether work would be lost: a photo that is being sent or restored, or waits for that. Sets the server does by itself. */
export function isAtWork(photo: Photo): boolean {
  const { work } = photo;
  if (work.phase === "batched") return work.job === null; // not sent yet
  return work.phase === "waiting" || work.phase === "active" || isRetrying(photo);
}

export function hasResult({ result }: Photo): boolean {
  return result !== null;
}
