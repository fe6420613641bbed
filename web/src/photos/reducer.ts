/** The state of the page, and the actions that change it. */
import { TOO_MANY_PIXELS, type Problem } from "@/api/problem";
import type { Progress } from "@/api/submission";
import { isUnplaced, type Look } from "./look";
import type { Options } from "./options";
import { withResult } from "./history";
import { chosen, found } from "./known";
import {
  facesKey,
  bytesOf,
  isBusy,
  isForSets,
  isRetrying,
  isSendable,
  requestFor,
  type FacesKey,
  type Photo,
  type Request,
  type Result,
  type Work,
} from "./photo";
import type { Box } from "./places";
import { begin, moved, withPlan } from "./progress";
import { nextRound, type Round } from "./round";
import type { Seconds } from "./steps";
import type { StandIn } from "./preview";

export type State = {
  photos: readonly Photo[];
  selected: string | null;
  /** Null until the server has said what it offers; there are no photos before that. */
  options: Options | null;
  /** The photos that are restored one after the other; null: none is waiting or at work. */
  round: Round | null;
};

export type Action =
  | { type: "added"; photos: Photo[] }
  /** Those of an earlier visit. */
  | { type: "restored"; photos: Photo[]; selected: string | null }
  | { type: "removed"; id: string }
  | { type: "selected"; id: string }
  | { type: "options"; options: Options }
  | { type: "overridden"; id: string; faces: FacesKey; face: number; strength: number | null }
  | { type: "marked"; id: string; boxes: readonly Box[] }
  | { type: "looked"; id: string; look: Look; standIn?: StandIn | null }
  | { type: "faces not required"; id: string }
  | { type: "requested"; ids: string[] }
  | { type: "batched"; ids: string[] }
  /** Another API key was entered. */
  | { type: "unlocked" }
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
  /** The settings that made a result are those of the next one too. */
  | { type: "adopted"; id: string; request: Request }
  | { type: "failed"; id: string; problem: Problem; now: number }
  | { type: "cancelled"; id: string };

export const EMPTY: State = { photos: [], selected: null, options: null, round: null };

/** How often a photo is sent without a person asking again. */
export const MAX_TRIES = 10;

/** After a longer delay the page does not retry by itself. It also keeps timers under their maximum of 24 days. */
const MAX_WAIT_S = 3600;

export function reduce(state: State, action: Action): State {
  const { photos, round } = state;
  const next = reduced(state, action);
  return next.photos === photos ? next : { ...next, round: nextRound(round, photos, next.photos, next.options) };
}

function reduced(state: State, action: Action): State {
  switch (action.type) {
    case "added":
      return {
        ...state,
        photos: [...state.photos, ...action.photos],
        selected:
          action.photos.find((photo) => photo.refusal === null)?.id ?? state.selected ?? action.photos[0]?.id ?? null,
      };
    case "restored": {
      const before = action.photos.filter(({ id }) => state.photos.every((photo) => photo.id !== id));
      const shown = before.find(({ id }) => id === action.selected) ?? before[0];
      return {
        ...state,
        photos: [...before, ...state.photos],
        selected: state.selected ?? shown?.id ?? null, // not taken from a person who has begun meanwhile
      };
    }
    case "removed": {
      const index = state.photos.findIndex((photo) => photo.id === action.id);
      const photos = state.photos.filter((photo) => photo.id !== action.id);
      const neighbour = photos[Math.min(index, photos.length - 1)]?.id ?? null;
      return { ...state, photos, selected: state.selected === action.id ? neighbour : state.selected };
    }
    case "selected":
      return state.photos.some((photo) => photo.id === action.id) ? { ...state, selected: action.id } : state;
    case "options":
      return { ...state, options: action.options, photos: state.photos.map(withoutRefusal) };
    case "adopted": {
      const adopted = state.photos.map((photo) => (photo.id === action.id ? asked(photo, action.request) : photo));
      return reduce({ ...state, photos: adopted }, { type: "options", options: action.request.options });
    }
    case "requested":
      return {
        ...state,
        photos: state.photos.map((photo) => {
          if (!action.ids.includes(photo.id) || !isFree(photo)) return photo;
          if (isUnfetched(photo)) return { ...photo, work: { ...photo.work, problem: null } };
          return isSendable(photo) ? waiting(photo) : photo;
        }),
      };
    case "batched": {
      const { options } = state;
      if (options === null) return state;
      return {
        ...state,
        photos: state.photos.map((photo) => {
          const isWanted = action.ids.includes(photo.id) && isForSets(photo) && isFree(photo);
          return isWanted ? batched(photo, options) : photo;
        }),
      };
    }
    case "unlocked": {
      const lockedOut = state.photos.filter(isLockedOut);
      const ids = (isOfSet: boolean) => lockedOut.filter((photo) => isOfSet === wasOfSet(photo)).map(({ id }) => id);
      return reduce(reduce(state, { type: "batched", ids: ids(true) }), { type: "requested", ids: ids(false) });
    }
    default:
      return {
        ...state,
        photos: state.photos.map((photo) => (photo.id === action.id ? withCourse(changed(photo, action)) : photo)),
      };
  }
}

type PhotoAction = Exclude<
  Action,
  { type: "added" | "restored" | "removed" | "selected" | "options" | "adopted" | "requested" | "batched" | "unlocked" }
>;

function changed(photo: Photo, action: PhotoAction): Photo {
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

/** The photo with what a request asked of its faces. */
function asked(photo: Photo, { options, overrides, boxes, requireFace }: Request): Photo {
  const key = facesKey(options, boxes);
  return { ...photo, boxes, requireFace, overrides: { ...photo.overrides, [key]: overrides } };
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

function waiting(photo: Photo): Photo {
  const tries = isRetrying(photo) && photo.work.phase === "failed" ? photo.work.tries : 0;
  return { ...photo, work: { phase: "waiting", tries } };
}

function batched(photo: Photo, options: Options): Photo {
  const request = requestFor(photo, options);
  return { ...photo, work: { phase: "batched", request, job: null, progress: { phase: "waiting" } } };
}

/** Whether its picture is kept by the server and could not be fetched, which may work now. */
function isUnfetched(photo: Photo): photo is Photo & { work: Extract<Work, { phase: "kept" }> } {
  const { work } = photo;
  return work.phase === "kept" && work.problem !== null && !(work.problem.status === 404 && isSendable(photo));
}

/** Whether the server refused the photo because the API key was missing or wrong. */
function isLockedOut({ work }: Photo): boolean {
  return (work.phase === "failed" || work.phase === "kept") && work.problem?.status === 401;
}

function wasOfSet({ work }: Photo): boolean {
  return work.phase === "failed" && work.isOfSet === true;
}

function isFree(photo: Photo): boolean {
  return !isBusy(photo) || isRetrying(photo);
}

/** Drops the failure of a photo that the server refused, because a changed request may be accepted. */
function withoutRefusal(photo: Photo): Photo {
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
