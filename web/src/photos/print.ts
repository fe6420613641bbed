/** A size on paper: centimetres or inches and dots per inch ↔ pixels. */
import type { Limits } from "@/api/types";
import { OUTPUTS } from "./formats";
import type { Options } from "./options";
import type { Size } from "./photo";
import { outputSize } from "./scale";

export const UNITS = ["cm", "inch"] as const;
export const DENSITIES = [150, 200, 300, 600] as const;
export const SIDES = ["width", "height"] as const;

/** How a person measures prints. */
export type Print = {
  /** Which side of the picture the length is of. */
  side: (typeof SIDES)[number];
  unit: (typeof UNITS)[number];
  /** Dots per inch. */
  dpi: (typeof DENSITIES)[number];
};

const CM_PER_INCH = 2.54;
const USUAL_DPI = 300;
/** Where prints are measured in inches: the United States, Liberia, Myanmar. */
const INCH_REGIONS = ["US", "LR", "MM"];
/** Up to these enlargements a print shows the photo's own detail, some that is guessed, and mostly that. */
const GUESSED_FROM = 2;
const MOSTLY_GUESSED_FROM = 4;

/** At first: inches for a browser in "en-US", centimetres for "de" or "en-GB". */
export function firstPrint(language: string | undefined): Print {
  const region = /-([A-Z]{2})\b/i.exec(language ?? "")?.[1]?.toUpperCase() ?? "";
  return { side: "width", unit: INCH_REGIONS.includes(region) ? "inch" : "cm", dpi: USUAL_DPI };
}

/** What `JSON.stringify` has made of a `Print`; null if the text is something else. */
export function savedPrint(text: string | null): Print | null {
  try {
    const { side, unit, dpi } = Object(JSON.parse(text ?? "null")) as Partial<Print>;
    const known = SIDES.some((one) => one === side) && UNITS.some((one) => one === unit);
    return known && DENSITIES.some((one) => one === dpi) ? ({ side, unit, dpi } as Print) : null;
  } catch {
    return null; // not JSON
  }
}

/** Pixels on paper → length, not rounded. */
export function lengthOf(pixels: number, { unit, dpi }: Print): number {
  return (pixels / dpi) * (unit === "cm" ? CM_PER_INCH : 1);
}

/** Length on paper → pixels, not rounded. */
export function pixelsOf(length: number, { unit, dpi }: Print): number {
  return (length / (unit === "cm" ? CM_PER_INCH : 1)) * dpi;
}

/** The long side in pixels with which the print's side has this length. */
export function longSideFor(length: number, print: Print, size: Size): number {
  return Math.round((pixelsOf(length, print) * longestOf(size)) / size[print.side]);
}

/** The length of the print's side where the long side has so many pixels. */
export function printedLength(longSide: number, print: Print, size: Size): number {
  return lengthOf((longSide * size[print.side]) / longestOf(size), print);
}

/** How much of the detail in a print is the photo's own. */
export type Detail = "own" | "guessed" | "mostly guessed";

export function detailOf(longSide: number, size: Size): Detail {
  const enlargement = longSide / longestOf(size);
  if (enlargement <= GUESSED_FROM) return "own";
  return enlargement <= MOSTLY_GUESSED_FROM ? "guessed" : "mostly guessed";
}

/** The longest side that the server makes of a photo of this size, within `bounds` of `long_side`. */
export function mostLongSide(
  size: Size,
  { output_format }: Pick<Options, "output_format">,
  { max_output_megapixels }: Pick<Limits, "max_output_megapixels">,
  bounds: readonly [number, number],
): number {
  const longest = longestOf(size);
  const pixels = max_output_megapixels * 1e6;
  const about = Math.ceil(longest * Math.sqrt(pixels / (size.width * size.height)));
  let most = Math.min(bounds[1], about, OUTPUTS[output_format].longestSide ?? Infinity);
  while (most > bounds[0] && areaOf(outputSize(size, { upscale_factor: 1, long_side: most })) > pixels) most -= 1;
  return Math.max(bounds[0], most);
}

/** To a millimetre, or a hundredth of an inch. */
export function roundedLength(length: number, { unit }: Print): number {
  const steps = unit === "cm" ? 10 : 100;
  return Math.round(length * steps) / steps;
}

function areaOf({ width, height }: Size): number {
  return width * height;
}

function longestOf({ width, height }: Size): number {
  return Math.max(width, height);
}
