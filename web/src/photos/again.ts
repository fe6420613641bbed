/** Which photos are worth sending: those of which the server would not say again what it has said already. */
import type { Problem } from "@/api/problem";
import { TOO_MANY_PIXELS } from "@/api/problem";
import type { Limits } from "@/api/types";
import { obstacleOf } from "./check";
import { currentLook } from "./look";
import type { Options } from "./options";
import { isBusy, isOutdated, isSendable, requestFor, type Photo } from "./photo";
import { FILE_GONE } from "./picture";

/** Of the photo, its options or the person's rights; a busy server, a lost connection and a fault of the server may pass. */
const REFUSALS = [400, 401, 403, 406, 413, 415, 421, 422];

/** Whether the same photo with the same options would fail in the same way. */
export function isForGood({ status, code, stage }: Problem): boolean {
  if (code === TOO_MANY_PIXELS || code === FILE_GONE.code) return true;
  if (status === 504) return code === "deadline_exceeded" && stage !== "queue"; // it waited, or it takes too long
  return status !== null && REFUSALS.includes(status);
}

/**
 * Whether "Restore all" takes a photo: one without a result of what would be sent now, that is not in work, has not
 * failed for good, and of which neither its size nor a look tells that it would.
 */
export function isWorthSending(photo: Photo, options: Options, limits: Limits): boolean {
  const { work, size } = photo;
  if (!isSendable(photo) || isBusy(photo) || !isOutdated(photo, options)) return false;
  if (work.phase === "failed" && isForGood(work.problem)) return false;
  if (size !== null && obstacleOf(size, options, limits) !== null) return false;
  const look = currentLook(photo, options);
  const isRefused = look !== null && look.problem !== null && isForGood(look.problem);
  const isWithoutFace = requestFor(photo, options).requireFace && look?.facts?.faces.length === 0;
  return !isRefused && !isWithoutFace;
}
