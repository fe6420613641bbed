/** Checks a photo before it is sent. */
import type { Limits } from "@/api/types";
import { FORMATS, mediaTypeOf, OUTPUTS } from "./formats";
import type { Options } from "./options";
import type { Size } from "./photo";
import { outputSize } from "./scale";

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

/** Whether the server fetches photos from addresses. One of an earlier version does not say so. */
export function takesAddresses({ url_fetch }: Partial<Limits>): boolean {
  return url_fetch === true;
}

type Wanted = Pick<Options, "upscale_factor" | "long_side" | "output_format">;

/** Why the result for a photo of this size would be too large; null if it would not. */
export function obstacleOf(size: Size, options: Wanted, limits: Limits): string | null {
  const { upscale_factor, long_side, output_format } = options;
  const { width, height } = outputSize(size, options);
  const when = long_side === null ? `At ×${upscale_factor}` : `With a long side of ${long_side} pixels`;
  if (width * height > limits.max_output_megapixels * 1e6) {
    return (
      `${when} this photo would have ${megapixels(width * height)} megapixels; ` +
      `the server makes at most ${limits.max_output_megapixels}. Choose a smaller size.`
    );
  }
  const { name, longestSide = Infinity } = OUTPUTS[output_format];
  if (Math.max(width, height) > longestSide) {
    return (
      `${when} this photo would have ${width} × ${height} pixels; ${name} files have at most ${longestSide} ` +
      "on a side. Choose a smaller size or another format."
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
