/**
 * What a person may choose for all photos, saved in this browser.
 *
 * Names and types are those of the API's form (schema.d.ts). Bounds, choices and defaults are those that the server
 * gives in /api/v1/config. To offer another option, name it here and give it a control in OptionsPanel.
 */
import type { Config, EnhanceForm, Limits } from "@/api/types";

/** Options with bounds in `config.limits`. */
const NUMBERS = [
  "upscale_factor",
  "strength",
  "quality",
  "denoise_strength",
] as const satisfies readonly (keyof EnhanceForm & keyof Limits)[];
/** Of these the page offers whole numbers only. */
const WHOLE_NUMBERS: readonly (typeof NUMBERS)[number][] = ["upscale_factor", "quality"];
/** Options with their possible values in `config.choices`. */
const CHOICES = [
  "faces",
  "identity_policy",
  "color_correction",
  "output_format",
  "bit_depth",
  "color_profile",
  "metadata",
] as const satisfies readonly (keyof EnhanceForm)[];
/** Options that are on or off. */
const SWITCHES = ["lossless", "keep_location", "color_lock"] as const satisfies readonly (keyof EnhanceForm)[];

/** The presets that say how much time a photo may take. The others are ways to begin, see `ways.ts`. */
const SPEEDS = ["fast", "balanced", "best"] as const satisfies readonly EnhanceForm["preset"][];

export type Options = Pick<
  EnhanceForm,
  (typeof NUMBERS)[number] | (typeof CHOICES)[number] | (typeof SWITCHES)[number]
> & {
  preset: (typeof SPEEDS)[number];
  /** Null: as the preset says, or else the server's default. */
  background: EnhanceForm["background"] | null;
  /** By name; null: that of the preset, or the server's default. */
  upscaler: NonNullable<EnhanceForm["upscaler"]> | null;
  /** By name; null: that of the preset, or the server's default. */
  restorer: NonNullable<EnhanceForm["restorer"]> | null;
  /** Pixels of the result's longer side, instead of `upscale_factor`; null: that one. */
  long_side: NonNullable<EnhanceForm["long_side"]> | null;
};

/** What a server does that does not know these options. Only other values are sent. */
export const UNSAID = {
  bit_depth: "8",
  color_profile: "srgb",
  metadata: "none",
  lossless: false,
  keep_location: false,
  color_lock: true,
  denoise_strength: 1,
  preset: "balanced",
} as const satisfies Partial<Options>;

const KEY = "likeness.options";

/** Each wanted value that the server accepts, and the server's default for every other option. */
export function allowedOptions(wanted: Partial<Record<keyof Options, unknown>>, config: Config): Options {
  const { choices, limits } = config;
  const defaults: Config["defaults"] = { ...UNSAID, ...config.defaults };
  const isInBounds = (name: (typeof NUMBERS)[number], value: unknown) => {
    const [least, most] = limits[name];
    const isNumber = typeof value === "number" && value >= least && value <= most;
    return isNumber && (Number.isInteger(value) || !WHOLE_NUMBERS.includes(name));
  };
  const isChoice = (name: keyof Options, value: unknown): value is string =>
    typeof value === "string" && choices[name] !== undefined && choices[name].includes(value);
  const isSwitch = (name: keyof Options, value: unknown) => typeof value === "boolean" && knows(config, name);
  const options = Object.fromEntries([
    ...NUMBERS.map((name) => [name, isInBounds(name, wanted[name]) ? wanted[name] : defaults[name]]),
    ...CHOICES.map((name) => [name, isChoice(name, wanted[name]) ? wanted[name] : defaults[name]]),
    ...SWITCHES.map((name) => [name, isSwitch(name, wanted[name]) ? wanted[name] : defaults[name]]),
  ]) as Omit<Options, "preset" | "background" | "upscaler" | "restorer" | "long_side">;
  const isSpeed = isChoice("preset", wanted.preset) && SPEEDS.some((speed) => speed === wanted.preset);
  return {
    ...options,
    preset: (isSpeed ? wanted.preset : defaults.preset) as Options["preset"],
    background: isChoice("background", wanted.background) ? (wanted.background as Options["background"]) : null,
    upscaler: isChoice("upscaler", wanted.upscaler) ? wanted.upscaler : null,
    denoise_strength: denoisersOf(config).length > 0 ? options.denoise_strength : 1,
    identity_policy: canProtect(config) ? options.identity_policy : "warn",
    keep_location: options.keep_location && options.metadata === "keep", // the server refuses it alone
    restorer: isChoice("restorer", wanted.restorer) ? wanted.restorer : null,
    long_side: isLength(wanted.long_side, lengthsOf(config)) ? wanted.long_side : null,
  };
}

/** Whether the server knows this option; one of an earlier version lacks some. */
export function knows(config: Config, name: keyof Options): boolean {
  return name in config.defaults;
}

/** The smallest and the largest `long_side`; null if the server takes none. */
export function lengthsOf({ limits }: Config): [number, number] | null {
  return (limits as Partial<Limits>).long_side ?? null;
}

/** The offered upscalers that can leave noise; none of an earlier version of the server. */
export function denoisersOf(config: Config): string[] {
  return (config as Partial<Config>).denoisers ?? [];
}

/** Whether a value is a whole number of pixels within these bounds. */
function isLength(value: unknown, bounds: readonly [number, number] | null): value is number {
  if (bounds === null || !Number.isInteger(value)) return false;
  return (value as number) >= bounds[0] && (value as number) <= bounds[1];
}

/** Whether the models are loaded; the server answers before that. */
export function isLoaded(config: Config): boolean {
  return "detector" in config.models;
}

/** Whether the server can tell if a face is still the same person. */
export function canProtect(config: Config): boolean {
  return config.identity_recogniser !== null;
}

/** What was last chosen in this browser, as far as the server accepts it; null if nothing was. */
export function savedOptions(config: Config): Options | null {
  let saved: unknown = null;
  try {
    saved = JSON.parse(localStorage.getItem(KEY) ?? "null");
  } catch {
    // The browser stores nothing, or the text is not JSON.
  }
  return saved instanceof Object && !Array.isArray(saved) ? allowedOptions(saved, config) : null;
}

export function saveOptions(options: Options): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(options));
  } catch {
    // A browser that stores nothing: the options last until the page is left.
  }
}
