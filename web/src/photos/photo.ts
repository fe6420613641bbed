/** A photo of the page: where it is, its settings, its work and its result. */
import type { Problem } from "@/api/problem";
import type { Progress } from "@/api/submission";
import type { EnhanceForm, Facts } from "@/api/types";
import { hasEffect } from "./formats";
import type { Look } from "./look";
import { UNSAID, type Options } from "./options";
import type { Box } from "./places";

export type Size = { width: number; height: number };

/** Face index → strength. */
export type Overrides = Readonly<Record<number, number>>;

/** What the faces of a photo and their order depend on, as `facesKey` writes it. */
export type FacesKey = string;

export type KnownFaces = { key: FacesKey; places: readonly Box[] };

export type Request = {
  options: Options;
  overrides: Overrides;
  /** Where a person has marked faces, in pixels of the upright photo. */
  boxes: readonly Box[];
  requireFace: boolean;
};

export type Result = {
  facts: Facts;
  blob: Blob;
  url: string;
  /** Whether the browser can show the picture. */
  isShown: boolean;
  request: Request;
  /** Seconds from the click to the picture. */
  seconds: number;
};

export type Work =
  | { phase: "idle" }
  | { phase: "waiting"; tries: number }
  | { phase: "active"; tries: number; since: number; progress: Progress }
  | { phase: "failed"; tries: number; problem: Problem; retryAt: number | null };

/** Work that is waiting or running. */
export type OngoingWork = Extract<Work, { phase: "waiting" | "active" }>;

/** A file of the person, or an address from which the server fetches the photo. */
export type Source = { file: File } | { address: string };

export type Photo = {
  id: string;
  /** The file's name, or the last part of the address. */
  name: string;
  source: Source;
  /** URL of the picture that is shown, which is upright; empty if this page does not have it. */
  url: string;
  /** Size of the upright picture in pixels; null if the browser cannot show it or this page does not have it. */
  size: Size | null;
  /** Why it is not sent; null if it can be. */
  refusal: string | null;
  requireFace: boolean;
  /** Boxes that a person has drawn around faces, in pixels of the upright photo. */
  boxes: readonly Box[];
  /** By `facesKey`, because with other colours or boxes the faces may have another order. */
  overrides: Readonly<Record<FacesKey, Overrides>>;
  /** The faces that were found last, to keep the overrides with their faces when others are found. */
  faces: KnownFaces | null;
  /** What the last look at the photo has found. */
  look: Look | null;
  work: Work;
  /** The last result. */
  result: Result | null;
  /** The result before it, to compare both. Older ones are let go: their pictures would fill the memory. */
  earlier: Result | null;
};

export function newPhoto(fields: Pick<Photo, "id" | "name" | "source" | "url" | "size" | "refusal">): Photo {
  return {
    ...fields,
    requireFace: true,
    boxes: [],
    overrides: {},
    faces: null,
    look: null,
    work: { phase: "idle" },
    result: null,
    earlier: null,
  };
}

/** What the faces of a photo depend on: faces are looked for in the corrected photo, and in the boxes. */
export function facesKey({ color_correction }: Pick<Options, "color_correction">, boxes: readonly Box[]): FacesKey {
  return boxes.length === 0 ? color_correction : `${color_correction} ${JSON.stringify(boxes)}`;
}

/** The request that would be sent now. */
export function requestFor(photo: Photo, options: Options): Request {
  const { boxes, requireFace } = photo;
  return { options, overrides: photo.overrides[facesKey(options, boxes)] ?? {}, boxes, requireFace };
}

/** Whether there is no result, or one of another request than would be sent now. */
export function isOutdated(photo: Photo, options: Options): boolean {
  if (photo.result === null) return true;
  return canonical(photo.result.request) !== canonical(requestFor(photo, options));
}

export function isBusy(photo: Photo): boolean {
  return photo.work.phase === "waiting" || photo.work.phase === "active" || isRetrying(photo);
}

export function isRetrying(photo: Photo): boolean {
  return photo.work.phase === "failed" && photo.work.retryAt !== null;
}

/** The form of a request. */
export function formOf(source: Source, request: Request): FormData {
  const form = new FormData();
  if ("file" in source) form.append("file", source.file);
  else form.append("url", source.address);
  for (const [name, value] of Object.entries(fieldsOf(request))) form.append(name, String(value));
  return form;
}

export type Fields = Partial<Record<keyof EnhanceForm, string | number | boolean>>;

/**
 * What is sent: one size, and of the options for the file only those that its format has. Nothing is sent that a preset
 * sets (metrics, background, self_ensemble, and a restorer that was not chosen), because a given field goes before it.
 */
export function fieldsOf({ options, overrides, boxes, requireFace }: Request): Fields {
  const { upscale_factor, long_side, restorer, quality, lossless, bit_depth, ...others } = options;
  const { color_profile, metadata, keep_location, preset, ...known } = others;
  const newer = {
    preset,
    color_profile,
    metadata,
    ...(metadata === "keep" && { keep_location }),
    ...(hasEffect("lossless", options) && { lossless }),
    ...(hasEffect("bit_depth", options) && { bit_depth }),
  };
  const said = Object.entries(newer).filter(([name, value]) => value !== UNSAID[name as keyof typeof UNSAID]);
  return {
    ...known,
    ...(long_side === null ? { upscale_factor } : { long_side }),
    ...(hasEffect("quality", options) && { quality }),
    ...Object.fromEntries(said),
    ...(restorer !== null && { restorer }),
    require_face: requireFace,
    ...(Object.keys(overrides).length > 0 && { face_overrides: JSON.stringify(overrides) }),
    ...(boxes.length > 0 && { face_boxes: JSON.stringify(boxes) }),
  };
}

function canonical(request: Request): string {
  return writtenOf(fieldsOf(request));
}

/** The fields as text, whatever their order. */
export function writtenOf(fields: Fields): string {
  return JSON.stringify(Object.entries(fields).sort());
}
