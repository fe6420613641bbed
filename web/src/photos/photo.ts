/** A photo of the list: the file, what is asked for it, what becomes of it. */
import type { Problem } from "@/api/problem";
import type { Progress } from "@/api/submission";
import type { EnhanceForm, Facts } from "@/api/types";
import type { Options } from "./options";

export type Size = { width: number; height: number };

/** Face index → strength. */
export type Overrides = Readonly<Record<number, number>>;

type ColorCorrection = Options["color_correction"];

export type Request = { options: Options; overrides: Overrides; requireFace: boolean };

export type Result = {
  facts: Facts;
  blob: Blob;
  url: string;
  request: Request;
  /** Seconds from the click to the picture. */
  seconds: number;
};

export type Work =
  | { phase: "idle" }
  | { phase: "waiting"; tries: number }
  | { phase: "active"; tries: number; since: number; progress: Progress }
  | { phase: "failed"; tries: number; problem: Problem; retryAt: number | null };

/** Work that goes on, or will by itself. */
export type OngoingWork = Extract<Work, { phase: "waiting" | "active" }>;

export type Photo = {
  id: string;
  file: File;
  /** What of it is shown: upright. */
  url: string;
  /** Upright, as the browser shows it; null where it cannot. */
  size: Size | null;
  /** Why it is not sent; null if it may be. */
  refusal: string | null;
  requireFace: boolean;
  /** By colour correction: the faces are looked for in the corrected photo, and may come in another order there. */
  overrides: Partial<Record<ColorCorrection, Overrides>>;
  work: Work;
  /** The last one; it stays while another is made. */
  result: Result | null;
};

export function newPhoto(come: Pick<Photo, "id" | "file" | "url" | "size" | "refusal">): Photo {
  return {
    ...come,
    requireFace: true,
    overrides: {},
    work: { phase: "idle" },
    result: null,
  };
}

/** What would be asked of the server now. */
export function requestFor(photo: Photo, options: Options): Request {
  return { options, overrides: photo.overrides[options.color_correction] ?? {}, requireFace: photo.requireFace };
}

/** Whether the result is not, or no more, what would be asked for now. */
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

/** The form as it is sent. */
export function formOf(file: File, { options, overrides, requireFace }: Request): FormData {
  const { restorer, quality, ...others } = options;
  const fields: Partial<Record<keyof EnhanceForm, string | number | boolean>> = {
    ...others,
    require_face: requireFace,
    ...(options.output_format === "png" ? {} : { quality }),
    ...(restorer === null ? {} : { restorer }),
    ...(Object.keys(overrides).length === 0 ? {} : { face_overrides: JSON.stringify(overrides) }),
  };
  const form = new FormData();
  form.append("file", file);
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  return form;
}

function canonical({ options, overrides, requireFace }: Request): string {
  const quality = options.output_format === "png" ? null : options.quality; // which means nothing to a PNG
  const faces = Object.entries(overrides).sort();
  return JSON.stringify([Object.entries({ ...options, quality }).sort(), faces, requireFace]);
}
