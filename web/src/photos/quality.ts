/** The server's presets: how much time it takes for a photo, and what that means, in words. */
import type { Config } from "@/api/types";
import { isLoaded, type Options } from "./options";

export const QUALITIES: Record<Options["preset"], string> = { fast: "Fast", balanced: "Balanced", best: "Best" };

/** Field and value → what a person notices of it. */
const EFFECTS: Readonly<Record<string, string>> = {
  "metrics=false": "without figures",
  "background=resample": "around the faces only enlarged, not sharpened",
  "self_ensemble=true": "looks eight times at every part: slower",
};

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

/** What the chosen preset changes on this server: "Without figures; faces by portrait-face". */
export function qualityInWords(options: Pick<Options, "restorer" | "preset">, config: Config): string {
  const { fields, models } = presetsOf(config)[options.preset] ?? { fields: {}, models: [] };
  const { restorer = [], upscaler = [] } = config.choices;
  const present = Object.values(config.models);
  const drawn = restorerOf(options, config);
  // Before its models are loaded, the server does not say which are its usual ones.
  const isUnusual = (name: string) => isLoaded(config) && upscaler.includes(name) && !present.includes(name);
  const upscalers = models.filter(isUnusual);
  const words = [
    ...Object.entries(fields).map(
      ([name, value]) => EFFECTS[`${name}=${value}`] ?? `${name.replaceAll("_", " ")}: ${value}`,
    ),
    // A restorer that the person chose is not the preset's.
    options.restorer === null && drawn !== (restorer[0] ?? "") && `faces by ${drawn}`,
    upscalers.length > 0 && `enlarges with ${upscalers.join(" and ")}`,
  ].filter((part) => part !== false);
  if (words.length === 0) return "The server’s usual way";
  const text = words.join("; ");
  return text[0]?.toUpperCase() + text.slice(1);
}
