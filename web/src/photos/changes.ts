/** What an action changes in one photo. */
import { TOO_MANY_PIXELS, type Problem } from "@/api/problem";
import type { Progress } from "@/api/submission";
import { isUnplaced, type Look } from "./look";
import { withResult } from "./history";
import { chosen, found } from "./known";
import { bytesOf, facesKey, type FacesKey, type Photo, type Result, type Work } from "./photo";
import type { Box } from "./places";
import { begin, moved, withPlan } from "./progress";
import type { Seconds } from "./steps";
import type { StandIn } from "./preview";

export type PhotoAction =
  | { type: "overridden"; id: string; faces: FacesKey; face: number; strength: number | null }
  | { type: "marked"; id: string; boxes: readonly Box[] }
  | { type: "looked"; id: string; look: Look; standIn?: StandIn | null }
  | { type: "faces not required"; id: string }
  | { type: "followed"; id: string; work: Work }
  | { type: "not fetched"; id: string; problem: Problem }
  /** `stages` are the seconds that a look has foreseen for each stage; null: it is not known. */
  | { type: "started"; id: string; now: number; stages: Seconds | null }
  | { type: "progressed"; id: string; progress: Progress; now: number }
  /** The server has said how many seconds each stage is to take. */
  | { type: "planned"; id: string; stages: Seconds; now: number }
  | { type: "finished"; id: string; result: Result }
  /** A person goes back to one of the photo's results, or forward. */
  | { type: "shown"; id: string; result: Result }
  | { type: "failed"; id: string; problem: Problem; now: number }
  | { type: "cancelled"; id: string };

/** How often a photo is sent without a person asking again. */
export const MAX_TRIES = 10;

/** After a longer delay the page does not retry by itself. It also keeps timers under their maximum of 24 days. */
const MAX_WAIT_S = 3600;
/** The photo after the action. */
export function changed(photo: Photo, action: PhotoAction): Photo {
  return withCourse(changedItself(photo, action));
}

function changedItself(photo: Photo, action: PhotoAction): Photo {
  switch (action.type) {
    case "overridden":
      if (photo.faces === null) return photo; // no face is known yet
      return { ...withoutRefusal(photo), ...chosen(photo, action) };
    case "marked":
      return { ...withoutRefusal(photo), boxes: action.boxes };
    case "looked": {
      const { facts, faces } = action.look;
      const after = { ...photo, look: action.look, ...action.standIn };
      return { ...after, ...(facts && found(photo, faces, facts.faces, true)) };
    }
    case "faces not required":
      return { ...photo, requireFace: false };
    case "followed": // what a set says of a photo that was cancelled meanwhile has no effect
      return photo.work.phase === "batched" ? followed(photo, action.work) : photo;
    case "not fetched":
      return photo.work.phase === "kept" ? { ...photo, work: { ...photo.work, problem: action.problem } } : photo;
    case "started": {
      const tries = photo.work.phase === "waiting" ? photo.work.tries + 1 : 1;
      const progress: Progress = { phase: "uploading", fraction: 0 };
      const course = begin(action.stages, bytesOf(photo), action.now);
      return { ...photo, work: { phase: "active", tries, since: action.now, progress }, course };
    }
    case "progressed": {
      if (photo.work.phase !== "active") return photo;
      const { progress, now } = action;
      return {
        ...photo,
        work: { ...photo.work, progress },
        course: photo.course && moved(photo.course, progress, now),
      };
    }
    case "planned":
      return { ...photo, course: photo.course && withPlan(photo.course, action.stages, action.now) };
    case "finished": {
      const { facts, request } = action.result;
      const key = facesKey(request.options, request.boxes);
      // A photo with new boxes may have been sent without a look, and so without its strengths.
      const carries = request.boxes.length > 0 && photo.overrides[key] === undefined && isUnplaced(photo, key);
      const after = found(photo, key, facts.faces, carries);
      return { ...photo, ...after, work: { phase: "idle" }, ...withResult(photo, action.result) };
    }
    case "shown": {
      const { facts, request } = action.result;
      if (!photo.results.includes(action.result)) return photo; // it has been let go meanwhile
      const key = facesKey(request.options, request.boxes);
      return { ...photo, ...found(photo, key, facts.faces, false), result: action.result };
    }
    case "failed": {
      const tries = "tries" in photo.work ? photo.work.tries : 1;
      const { problem, now } = action;
      const wait = tries < MAX_TRIES ? retryDelayMs(problem) : null;
      const work: Work = { phase: "failed", tries, problem, retryAt: wait === null ? null : now + wait };
      return { ...photo, work: photo.work.phase === "batched" ? { ...work, retryAt: null, isOfSet: true } : work };
    }
    case "cancelled":
      return { ...photo, work: photo.work.phase === "failed" ? { ...photo.work, retryAt: null } : { phase: "idle" } };
  }
}

/** Without the course of work that is over. */
function withCourse(photo: Photo): Photo {
  const { phase } = photo.work;
  return photo.course === null || phase === "active" || phase === "batched" ? photo : { ...photo, course: null };
}

/** With news of a set. Nobody has told when it was, so there are no seconds. */
function followed(photo: Photo, work: Work): Photo {
  if (work.phase !== "batched" || work.progress.phase === "waiting") return { ...photo, work };
  return { ...photo, work, course: moved(photo.course ?? begin(null, bytesOf(photo), 0), work.progress, 0) };
}

/** Drops the failure of a photo that the server refused, because a changed request may be accepted. */
export function withoutRefusal(photo: Photo): Photo {
  const { work } = photo;
  if (work.phase !== "failed") return photo;
  const { code, status } = work.problem;
  const wasRefused = code === TOO_MANY_PIXELS || status === 413 || status === 422 || status === 504;
  return wasRefused ? { ...photo, work: { phase: "idle" } } : photo;
}

/** Milliseconds until the photo is sent again; null if it is not retried without a person. */
function retryDelayMs(problem: Problem): number | null {
  const isBusyServer = problem.status === 503 || problem.status === 429;
  const { retryAfter } = problem;
  return isBusyServer && retryAfter !== null && retryAfter <= MAX_WAIT_S ? Math.max(1, retryAfter) * 1000 : null;
}
