/** Checks a photo before it is sent. */
import type { Limits } from "@/api/types";
import { FORMATS, mediaTypeOf } from "./formats";
import type { Size } from "./photo";

const MEBIBYTE = 2 ** 20;

/** Why a file cannot be sent, by its type and length; null if it can. */
export async function refusalOf(file: File, limits: Limits): Promise<string | null> {
  if (file.size === 0) return "This file is empty.";
  const kind = await mediaTypeOf(file);
  if (kind === null || !limits.media_types.includes(kind)) {
    return `This is not a ${acceptedKinds(limits)} file, whatever its name: nothing else is accepted.`;
  }
  if (file.size > limits.max_upload_mb * MEBIBYTE) {
    return `This file has ${megabytes(file.size)} MB; the server accepts at most ${limits.max_upload_mb} MB.`;
  }
  return null;
}

/** "PNG, JPEG or WebP" */
export function acceptedKinds(limits: Limits): string {
  return listed(limits.media_types.map((type) => FORMATS[type]?.name ?? type));
}

/** Why a photo of this size cannot be sent; null if it can. */
export function sizeRefusalOf({ width, height }: Size, limits: Limits): string | null {
  if (width * height <= limits.max_input_megapixels * 1e6) return null;
  const most = limits.max_input_megapixels;
  return `This photo has ${megapixels(width * height)} megapixels; the server accepts at most ${most}.`;
}

/** Why a photo of this size cannot be enlarged so much; null if it can. */
export function obstacleOf(size: Size, factor: number, limits: Limits): string | null {
  const enlarged = Math.round(size.width * factor) * Math.round(size.height * factor);
  if (enlarged > limits.max_output_megapixels * 1e6) {
    return (
      `At ×${factor} this photo would have ${megapixels(enlarged)} megapixels; ` +
      `the server makes at most ${limits.max_output_megapixels}. Choose a smaller size.`
    );
  }
  return null;
}

function listed(names: string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

// Both round up, so that a number over a limit is never shown as the limit.

function megabytes(bytes: number): string {
  return (Math.ceil((bytes / MEBIBYTE) * 10) / 10).toFixed(1);
}

function megapixels(pixels: number): string {
  return (Math.ceil(pixels / 1e4) / 100).toString();
}
