/** Starting points: options of size and file that are set together, and may be changed afterwards. */
import type { Config } from "@/api/types";
import { allowedOptions, type Options } from "./options";

export type Start = {
  name: string;
  /** What it is for, and what it sets. */
  words: string;
  /** Options without a value here stay as they are. */
  options: Partial<Options>;
};

const STARTS: readonly Start[] = [
  {
    name: "For the screen",
    words: "Twice as large, a JPEG that every screen shows, without camera data",
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
    name: "For the archive",
    words: "A PNG with 16 bits, the photo’s own colour profile and its camera data; the size stays as chosen",
    options: {
      output_format: "png",
      bit_depth: "16",
      color_profile: "keep",
      metadata: "keep",
      keep_location: false,
    },
  },
  {
    name: "As the photo",
    words: "Same format and size, own colour profile, with camera data but without the location",
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
