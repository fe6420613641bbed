/** A look at a photo before it is restored: the server's dry run. */
import type { Problem } from "@/api/problem";
import type { Config, DryRun, Face, Warning } from "@/api/types";
import type { Words } from "@/words/words";
import { plainMessage } from "./notices";
import type { Options } from "./options";
import { needsPreview } from "./preview";
import {
  facesKey,
  fieldsOf,
  isOutdated,
  requestFor,
  writtenOf,
  type FacesKey,
  type Overrides,
  type Photo,
  type Request,
} from "./photo";

export type Look = {
  /** What was asked, as `lookKey` writes it. */
  asked: string;
  /** What the found faces depend on, and the strengths that were sent with it. */
  faces: FacesKey;
  overrides: Overrides;
  /** Null if the server did not tell. */
  facts: DryRun | null;
  /** Why the server would refuse the photo; null: it would not, or that is unknown. */
  problem: Problem | null;
};

/** Whether the server can look at a photo; one of an earlier version cannot. */
export function canLook({ defaults }: Config): boolean {
  return "dry_run" in defaults;
}

/** Whether the server takes boxes around faces. */
export function canMark({ defaults }: Config): boolean {
  return "face_boxes" in defaults;
}

/** The form of a look. A photo without a face is no error here: its size and its time are told too. */
export function lookFormOf(form: FormData, { withPreview }: { withPreview: boolean }): FormData {
  form.set("require_face", "false");
  form.set("dry_run", "true");
  if (withPreview) form.set("preview", "true");
  return form;
}

/** What the answer to a look depends on. Of a strength it only matters whether there is any. */
export function lookKey({ options, overrides, boxes }: Request): string {
  const any = (strength: number) => (strength > 0 ? 1 : 0);
  const strengths = Object.fromEntries(Object.entries(overrides).map(([face, strength]) => [face, any(strength)]));
  const strength = any(options.strength);
  const same = { ...options, strength, quality: 0, keep_location: false };
  return writtenOf(fieldsOf({ options: same, overrides: strengths, boxes, requireFace: false }));
}

/** The look that belongs to the request that would be sent now; null if there is none. */
export function currentLook(photo: Photo, options: Options): Look | null {
  const { look } = photo;
  return look !== null && look.asked === lookKey(requestFor(photo, options)) ? look : null;
}

/** What the page says about a photo before it is restored. */
export type Foresight = {
  /** What the last look has found; of an earlier request while a new look is under way. */
  facts: DryRun | null;
  /** Why the server would refuse the photo. */
  problem: Problem | null;
  isLooking: boolean;
  /** Whether strengths wait for the new order of the faces, so that the photo should not be sent yet. */
  isUnplaced: boolean;
};

export function foresightOf(photo: Photo, options: Options, isLooking: boolean): Foresight {
  const look = isLooking ? photo.look : currentLook(photo, options);
  const isWanted = isOutdated(photo, options);
  return {
    facts: isWanted && look !== null ? look.facts : null,
    problem: isWanted && !isLooking && look !== null ? look.problem : null,
    isLooking,
    isUnplaced: isLooking && isUnplaced(photo, facesKey(options, photo.boxes)),
  };
}

export type ShownFaces = {
  faces: Face[];
  /** What these and their order depend on: a number means another face among others. */
  key: FacesKey;
  /** The look that found them; null: they are those of the result, or there are none. */
  look: Look | null;
  /** Whether they are those that the next request will have. */
  isCurrent: boolean;
};

/** The faces to show: those of the result, unless a later look found others with other boxes or colours. */
export function shownFaces(photo: Photo, options: Options): ShownFaces {
  const { result, look, boxes } = photo;
  const wanted = facesKey(options, boxes);
  const ofResult = result === null ? wanted : facesKey(result.request.options, result.request.boxes);
  if (result !== null && ofResult === wanted) {
    return { faces: result.facts.faces, key: wanted, look: null, isCurrent: true };
  }
  const isFound = look !== null && look.facts !== null;
  if (isFound && (result === null || look.faces === wanted)) {
    return { faces: look.facts?.faces ?? [], key: look.faces, look, isCurrent: look.faces === wanted };
  }
  return { faces: result?.facts.faces ?? [], key: ofResult, look: null, isCurrent: false };
}

/** Whether strengths were chosen for faces whose new order is not known yet. */
export function isUnplaced({ faces, overrides }: Photo, key: FacesKey): boolean {
  return faces !== null && faces.key !== key && Object.keys(overrides[faces.key] ?? {}).length > 0;
}

/**
 * Whether a look would tell something new about the photo, if only how it looks, where the server `makesPreviews`. One by
 * its address is fetched only to be restored.
 */
export function wantsLook(photo: Photo, options: Options, makesPreviews: boolean): boolean {
  const isIdle = photo.refusal === null && photo.work.phase === "idle" && "file" in photo.source;
  const isNew = isOutdated(photo, options) || (makesPreviews && needsPreview(photo));
  return isIdle && isNew && currentLook(photo, options) === null;
}

/** The strength that a face will have: its own, or else the one for all, which does not hold for a face that is left. */
export function strengthOf(index: number, face: Face, { overrides }: Look, own: Overrides, all: number): number {
  const isLeft = face.action === "kept" && overrides[index] === undefined;
  return own[index] ?? (isLeft ? 0 : all);
}

/** Notices of a look that are shown by other means, or that concern the figures only. */
const UNSHOWN = /^(psnr|ssim|lpips|identity|metric|perceptual)_|^no_face_detected$|^landmarks_estimated$/;

/** The notices of a look that a person should know before the photo is restored. */
export function noticesOf({ warnings }: DryRun, t: Words): Warning[] {
  const shown = warnings.filter(({ code }) => !UNSHOWN.test(code));
  return shown.map((warning) => ({ ...warning, message: plainMessage(warning, t) }));
}
