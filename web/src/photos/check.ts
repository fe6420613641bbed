/** Checks a photo before it is sent. */
import type { Limits } from "@/api/types";
import type { Message } from "@/words/words";
import { FORMATS, mediaTypeOf, OUTPUTS } from "./formats";
import type { Options } from "./options";
import type { Size } from "./photo";
import { outputSize } from "./scale";

const MEBIBYTE = 2 ** 20;

/** Why a file cannot be sent, by its type and length; null if it can. */
export async function refusalOf(file: File, limits: Limits): Promise<Message | null> {
  if (file.size === 0) return { key: "intake.empty" };
  const kind = await mediaTypeOf(file);
  if (kind === null || !limits.media_types.includes(kind)) {
    return { key: "intake.wrongKind", values: { kinds: kindsOf(limits).join(", ") } };
  }
  if (file.size > limits.max_upload_mb * MEBIBYTE) {
    return { key: "intake.tooLong", values: { megabytes: megabytes(file.size), most: limits.max_upload_mb } };
  }
  return null;
}

/** "PNG, JPEG or WebP" */
export function acceptedKinds(limits: Limits, locale = "en"): string {
  const list = new Intl.ListFormat(locale === "en" ? "en-GB" : locale, { type: "disjunction" });
  return list.format(kindsOf(limits));
}

function kindsOf({ media_types }: Limits): string[] {
  return media_types.map((type) => FORMATS[type]?.name ?? type);
}

/** Why a photo of this size cannot be sent; null if it can. */
export function sizeRefusalOf({ width, height }: Size, limits: Limits): Message | null {
  if (width * height <= limits.max_input_megapixels * 1e6) return null;
  const values = { megapixels: megapixels(width * height), most: limits.max_input_megapixels };
  return { key: "intake.tooManyPixels", values };
}

/** Whether the server fetches photos from addresses. One of an earlier version does not say so. */
export function takesAddresses({ url_fetch }: Partial<Limits>): boolean {
  return url_fetch === true;
}

type Wanted = Pick<Options, "upscale_factor" | "long_side" | "output_format">;

/** Why the result for a photo of this size would be too large; null if it would not. */
export function obstacleOf(size: Size, options: Wanted, limits: Limits): Message | null {
  const { upscale_factor, long_side, output_format } = options;
  const { width, height } = outputSize(size, options);
  const chosen = { by: long_side === null ? "factor" : "side", factor: upscale_factor, side: long_side ?? 0 };
  const most = limits.max_output_megapixels;
  if (width * height > most * 1e6) {
    return { key: "intake.resultTooLarge", values: { ...chosen, megapixels: megapixels(width * height), most } };
  }
  const { name, longestSide = Infinity } = OUTPUTS[output_format];
  if (Math.max(width, height) > longestSide) {
    return { key: "intake.resultTooLong", values: { ...chosen, width, height, format: name, most: longestSide } };
  }
  return null;
}

// Both round up, so that a number over a limit is never shown as the limit.

function megabytes(bytes: number): number {
  return Math.ceil((bytes / MEBIBYTE) * 10) / 10;
}

function megapixels(pixels: number): number {
  return Math.ceil(pixels / 1e4) / 100;
}
