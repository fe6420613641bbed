/** How large a result becomes. */
import type { Limits } from "@/api/types";
import type { Options } from "./options";
import type { Photo, Result, Size } from "./photo";

/** The upscale factors that the page offers, if the server takes them. */
const FACTORS = [1, 2, 4, 8];

type Wanted = Pick<Options, "upscale_factor" | "long_side">;

/** The offered factors, and `chosen`, which may be another that was saved earlier. */
export function factorsOf({ upscale_factor: [least, most] }: Limits, chosen: number): number[] {
  const offered = FACTORS.filter((factor) => factor >= least && factor <= most);
  return [...new Set([...offered, chosen])].sort((a, b) => a - b);
}

/** The size in pixels of the result for a photo of this size, as the service computes it (`output_size`). */
export function outputSize({ width, height }: Size, { upscale_factor, long_side }: Wanted): Size {
  const longest = Math.max(width, height);
  const scaled = (side: number) => (long_side === null ? side * upscale_factor : (side * long_side) / longest);
  return { width: rounded(scaled(width)), height: rounded(scaled(height)) };
}

/**
 * How many pixels of the result lie on one of the photo that was sent; null if the browser cannot tell, because it
 * shows no such photo and the result was made with a given side.
 */
export function enlargementOf({ size }: Photo, { facts, request }: Result): number | null {
  const { upscale_factor, long_side } = request.options;
  if (long_side === null) return upscale_factor;
  return size && facts.width / size.width;
}

/** At least 1, and halves to the even number, as Python rounds. */
function rounded(length: number): number {
  const nearest = Math.round(length);
  const isHalf = nearest - length === 0.5;
  return Math.max(1, isHalf && nearest % 2 === 1 ? nearest - 1 : nearest);
}
