/** The state of the page, and the actions that change it. */
import type { Options } from "./options";
import { changed, withoutRefusal, type PhotoAction } from "./changes";
import {
  facesKey,
  isBusy,
  isForFaces,
  isForSets,
  isRetrying,
  isSendable,
  requestFor,
  type Photo,
  type Request,
  type Work,
} from "./photo";
import { nextRound, type Round } from "./round";

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
  | { type: "requested"; ids: string[] }
  | { type: "batched"; ids: string[] }
  /** Another API key was entered. */
  | { type: "unlocked" }
  /** The settings that made a result are those of the next one too. */
  | { type: "adopted"; id: string; request: Request }
  | PhotoAction;

export const EMPTY: State = { photos: [], selected: null, options: null, round: null };

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
        photos: state.photos.map((photo) => (photo.id === action.id ? changed(photo, action) : photo)),
      };
  }
}
/** The photo with what a request asked of its faces. */
function asked(photo: Photo, { options, overrides, boxes, requireFace: isRequired }: Request): Photo {
  const key = facesKey(options, boxes);
  const requireFace = isForFaces(options, overrides) ? isRequired : photo.requireFace; // else nobody has decided that
  return { ...photo, boxes, requireFace, overrides: { ...photo.overrides, [key]: overrides } };
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
