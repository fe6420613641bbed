/** What a person may choose for all photos, remembered in this browser. */
import type { Config, EnhanceForm } from "@/api/types";

export type Options = Required<
  Pick<
    EnhanceForm,
    "upscale_factor" | "strength" | "faces" | "identity_policy" | "color_correction" | "output_format" | "quality"
  >
> & {
  /** By name; null: the server's default. */
  restorer: string | null;
};

export const FACTORS = [1, 2, 3, 4] as const;

export const DEFAULTS: Options = {
  upscale_factor: 2,
  strength: 1,
  faces: "all",
  identity_policy: "warn",
  color_correction: "none",
  output_format: "png",
  quality: 95,
  restorer: null,
};

const KEY = "likeness.options";

/** These options as far as the server offers them, else the defaults. */
export function offered(options: Options, config: Config): Options {
  const { limits, choices } = config;
  const within = (value: number, bounds: number[], fallback: number) =>
    value >= (bounds[0] ?? value) && value <= (bounds[1] ?? value) ? value : fallback;
  const among = <T extends string>(name: string, value: T, fallback: T) =>
    choices[name] === undefined || choices[name].includes(value) ? value : fallback;
  return {
    upscale_factor: FACTORS.some((factor) => factor === options.upscale_factor)
      ? within(options.upscale_factor, limits.upscale_factor, DEFAULTS.upscale_factor)
      : DEFAULTS.upscale_factor,
    strength: within(options.strength, limits.strength, DEFAULTS.strength),
    faces: among("faces", options.faces, DEFAULTS.faces),
    identity_policy: canProtect(config) ? among("identity_policy", options.identity_policy, "warn") : "warn",
    color_correction: among("color_correction", options.color_correction, DEFAULTS.color_correction),
    output_format: among("output_format", options.output_format, DEFAULTS.output_format),
    quality: within(Math.round(options.quality), limits.quality, DEFAULTS.quality),
    restorer: options.restorer !== null && choices.restorer?.includes(options.restorer) ? options.restorer : null,
  };
}

/** Whether the server has its models; it answers before that. */
export function isLoaded(config: Config): boolean {
  return "detector" in config.models;
}

/** Whether the server can tell if a face is still the same person. */
export function canProtect(config: Config): boolean {
  return config.identity_recogniser !== null;
}

/** What was chosen here last. */
export function remembered(): Options {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    const known = Object.entries(stored as Partial<Options>).filter(
      ([name, value]) =>
        name in DEFAULTS && (name === "restorer" || typeof value === typeof DEFAULTS[name as keyof Options]),
    );
    return { ...DEFAULTS, ...(Object.fromEntries(known) as Partial<Options>) };
  } catch {
    return DEFAULTS; // no storage here, or somebody else's text in it
  }
}

export function remember(options: Options): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(options));
  } catch {
    // A browser that keeps nothing: they hold until the page is left.
  }
}
