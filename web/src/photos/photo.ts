/** A photo of the page: where it is, its settings, its work and its result. */
import type { Problem } from "@/api/problem";
import type { Progress } from "@/api/submission";
import type { EnhanceForm, Facts } from "@/api/types";
import type { Course } from "./course";
import type { Message } from "@/words/words";
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
  /** Seconds from the click to the picture; of a photo of a set, those that the server worked on it. */
  seconds: number;
  /** When the page had it, in milliseconds since 1970. */
  at: number;
  /** The job that made it, if it was one of a set. */
  job?: string;
};

export type Work =
  | { phase: "idle" }
  | { phase: "waiting"; tries: number }
  | { phase: "active"; tries: number; since: number; progress: Progress }
  /** One of a set, which the server does by itself; `job` is null until the server has taken it. */
  | { phase: "batched"; request: Request; job: string | null; progress: Progress | { phase: "waiting" } }
  /**
   * Done, one of a set: the server keeps the picture, and the page fetches it when it is looked at. `problem`: why that
   * has failed.
   */
  | { phase: "kept"; request: Request; job: string; seconds: number; problem: Problem | null }
  | { phase: "failed"; tries: number; problem: Problem; retryAt: number | null; isOfSet?: boolean };

/** Work that is waiting or running. */
export type OngoingWork = Extract<Work, { phase: "waiting" | "active" | "batched" }>;

/**
 * A file of the person, an address from which the server fetches the photo, or the job of a set that was sent before the
 * page was loaded: of that one there is only the result.
 */
export type Source = { file: File } | { address: string } | { job: string };

/** What of it is kept after a reload is said in `storage/rows.ts`. */
export type Photo = {
  id: string;
  /** The file's name, or the last part of the address. */
  name: string;
  source: Source;
  /** URL of the picture that is shown, which is upright; empty if this page does not have it. */
  url: string;
  /** Size of the upright photo in pixels; null if the browser cannot show it or this page does not have it. */
  size: Size | null;
  /** Size of the picture at `url` where the server made it, because the browser cannot show the photo itself; else null. */
  preview: Size | null;
  /** Why it is not sent; null if it can be. */
  refusal: Message | null;
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
  /** How far the present work is as a whole; null: nothing is known of it. */
  course: Course | null;
  /** The result that is shown, described and downloaded: the last one, unless a person goes back to another. */
  result: Result | null;
  /** All results that the page keeps, oldest first; `result` is one of them. */
  results: readonly Result[];
  /** How many older ones it no longer keeps. */
  letGo: number;
};

export function newPhoto(fields: Pick<Photo, "id" | "name" | "source" | "url" | "size" | "refusal">): Photo {
  return {
    ...fields,
    preview: null,
    requireFace: true,
    boxes: [],
    overrides: {},
    faces: null,
    look: null,
    work: { phase: "idle" },
    course: null,
    result: null,
    results: [],
    letGo: 0,
  };
}

/** What the faces of a photo depend on: faces are looked for in the corrected photo, and in the boxes. */
export function facesKey({ color_correction }: Pick<Options, "color_correction">, boxes: readonly Box[]): FacesKey {
  return boxes.length === 0 ? color_correction : `${color_correction} ${JSON.stringify(boxes)}`;
}

/** The request that would be sent now. */
export function requestFor(photo: Photo, options: Options): Request {
  const { boxes, requireFace } = photo;
  const overrides = photo.overrides[facesKey(options, boxes)] ?? {};
  return { options, overrides, boxes, requireFace: requireFace && isForFaces(options, overrides) };
}

/** Whether a face is restored, if there is one. A photo that is only enlarged needs none. */
export function isForFaces({ strength }: Options, overrides: Overrides): boolean {
  return strength > 0 || Object.values(overrides).some((own) => own > 0);
}

/** Whether there is no result, or one of another request than would be sent now. */
export function isOutdated(photo: Photo, options: Options): boolean {
  const made = photo.work.phase === "kept" ? photo.work.request : photo.result?.request;
  return made === undefined || canonical(made) !== canonical(requestFor(photo, options));
}

/** Bytes of the file that is sent; 0 if the server fetches it. */
export function bytesOf({ source }: Photo): number {
  return "file" in source ? source.file.size : 0;
}

/** Whether it can be sent. */
export function isSendable({ refusal, source }: Photo): boolean {
  return refusal === null && !("job" in source);
}

/** Whether it can be one of a set. One by its address is sent alone. */
export function isForSets(photo: Photo): boolean {
  return isSendable(photo) && "file" in photo.source;
}

/** Whether work is waiting or running. */
export function isOngoing(work: Work): work is OngoingWork {
  return work.phase === "waiting" || work.phase === "active" || work.phase === "batched";
}

export function isBusy(photo: Photo): boolean {
  return isOngoing(photo.work) || isRetrying(photo);
}

export function isRetrying(photo: Photo): boolean {
  return photo.work.phase === "failed" && photo.work.retryAt !== null;
}

/** The form of a request. */
export function formOf(source: Source, request: Request): FormData {
  const form = new FormData();
  if ("file" in source) form.append("file", source.file);
  else if ("address" in source) form.append("url", source.address);
  return withFields(form, request);
}

/** The form with the fields of a request. */
export function withFields(form: FormData, request: Request): FormData {
  for (const [name, value] of Object.entries(fieldsOf(request))) form.append(name, String(value));
  return form;
}

export type Fields = Partial<Record<keyof EnhanceForm, string | number | boolean>>;

/**
 * What is sent: one size, and of the options for the file only those that its format has. Nothing is sent that a preset
 * sets (metrics, self_ensemble, and what was not chosen of background and models), because a given field goes before it.
 */
export function fieldsOf({ options, overrides, boxes, requireFace }: Request): Fields {
  const { upscale_factor, long_side, restorer, upscaler, background, quality, lossless, bit_depth, ...others } =
    options;
  const { color_profile, metadata, keep_location, preset, color_lock, denoise_strength, ...known } = others;
  const newer = {
    preset,
    color_profile,
    metadata,
    color_lock,
    denoise_strength,
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
    ...(upscaler !== null && { upscaler }),
    ...(background !== null && { background }),
    require_face: requireFace,
    ...(Object.keys(overrides).length > 0 && { face_overrides: JSON.stringify(overrides) }),
    ...(boxes.length > 0 && { face_boxes: JSON.stringify(boxes) }),
  };
}

/** The same text for requests with the same fields. */
export function canonical(request: Request): string {
  return writtenOf(fieldsOf(request));
}

/** The fields as text, whatever their order. */
export function writtenOf(fields: Fields): string {
  return JSON.stringify(Object.entries(fields).sort());
}
