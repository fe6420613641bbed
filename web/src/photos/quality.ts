/** The server's presets: how much time it takes for a photo, and what that means, in words. */
import type { Config } from "@/api/types";
import type { MessageKey, Words } from "@/words/words";
import { isLoaded, type Options } from "./options";

export const QUALITIES = {
  fast: "options.presets.fast",
  balanced: "options.presets.balanced",
  best: "options.presets.best",
} as const satisfies Record<Options["preset"], MessageKey>;

/** Whether around the faces a network works, and not plain resampling. */
export function usesNetwork({ background, preset }: Options, config: Config): boolean {
  return (background ?? presetsOf(config)[preset]?.fields.background) !== "resample";
}

/** Field and value → what a person notices of it. */
const EFFECTS = {
  "metrics=false": "options.presets.effects.noFigures",
  "background=resample": "options.presets.effects.resample",
  "self_ensemble=true": "options.presets.effects.ensemble",
} as const satisfies Record<string, MessageKey>;

/** What each preset means on this server; empty for a server of an earlier version, which has none. */
export function presetsOf(config: Config): Config["presets"] {
  return (config as Partial<Config>).presets ?? {};
}

/** The restorer that is used: the one chosen, else that of the preset, else the server's default. */
export function restorerOf({ restorer, preset }: Pick<Options, "restorer" | "preset">, config: Config): string {
  const offered = config.choices.restorer ?? [];
  const preferred = presetsOf(config)[preset]?.models.find((name) => offered.includes(name));
  return restorer ?? preferred ?? offered[0] ?? "";
}

type Chosen = Pick<Options, "preset" | "restorer" | "upscaler" | "background">;

/** What the chosen preset changes on this server: "Without figures. Faces by portrait-face." */
export function qualityInWords(options: Chosen, config: Config, t: Words): string {
  const { fields, models } = presetsOf(config)[options.preset] ?? { fields: {}, models: [] };
  const { restorer = [], upscaler = [] } = config.choices;
  const present = Object.values(config.models);
  const drawn = restorerOf(options, config);
  // Before its models are loaded, the server does not say which are its usual ones.
  const isUnusual = (name: string) => isLoaded(config) && upscaler.includes(name) && !present.includes(name);
  // What a person chose is not the preset's.
  const isOfPreset = options.restorer === null && drawn !== (restorer[0] ?? "");
  const upscalers = options.upscaler === null ? models.filter(isUnusual) : [];
  const isOwn = (field: string) => field === "background" && options.background !== null;
  const sentences = [
    ...Object.entries(fields)
      .filter(([name]) => !isOwn(name))
      .map(([name, value]) => effectInWords(name, String(value), t)),
    ...(isOfPreset ? [t("options.presets.effects.facesBy", { name: drawn })] : []),
    ...upscalers.map((name) => t("options.presets.effects.enlargesWith", { name })),
  ];
  return sentences.length === 0 ? t("options.presets.usual") : sentences.join(" ");
}

function effectInWords(field: string, value: string, t: Words): string {
  const effect = `${field}=${value}`;
  if (effect in EFFECTS) return t(EFFECTS[effect as keyof typeof EFFECTS]);
  return t("options.presets.effects.other", { name: field.replaceAll("_", " "), value });
}
