/**
 * Starting points: options of size and file that are set together, and may be changed afterwards. What they are called is
 * in the messages under `options.starts`.
 */
import type { Config } from "@/api/types";
import { allowedOptions, type Options } from "./options";

export type Start = {
  id: "screen" | "archive" | "photo";
  /** Options without a value here stay as they are. */
  options: Partial<Options>;
};

const STARTS: readonly Start[] = [
  {
    id: "screen",
    options: {
      upscale_factor: 2,
      long_side: null,
      output_format: "jpeg",
      quality: 90,
      color_profile: "srgb",
      metadata: "none",
      keep_location: false,
    },
  },
  {
    // PNG and not TIFF, which few browsers show: the result is to be compared with the photo.
    id: "archive",
    options: {
      output_format: "png",
      bit_depth: "16",
      color_profile: "keep",
      metadata: "keep",
      keep_location: false,
    },
  },
  {
    id: "photo",
    options: {
      upscale_factor: 1,
      long_side: null,
      output_format: "same",
      quality: 95,
      color_profile: "keep",
      metadata: "keep",
      keep_location: false,
    },
  },
];

/** The starting points whose options the server takes. */
export function startsOf(config: Config): Start[] {
  return STARTS.filter(({ options }) => isIn(allowedOptions(options, config), options));
}

/** The first of these that the options agree with; null: they are a person's own. */
export function startIn(options: Options, starts: readonly Start[]): Start | null {
  return starts.find((start) => isIn(options, start.options)) ?? null;
}

function isIn(options: Options, some: Partial<Options>): boolean {
  return (Object.keys(some) as (keyof Options)[]).every((name) => options[name] === some[name]);
}
