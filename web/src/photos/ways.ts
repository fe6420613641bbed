/**
 * Ways to begin: what a photo needs, as presets of the server. A way decides what is done with the picture. The size, the
 * file and the time that it may take are other questions, and so is the grain: it may be kept with each way.
 */
import type { Config } from "@/api/types";
import { allowedOptions, denoisersOf, type Options } from "./options";
import { presetsOf } from "./quality";

export const WAYS = ["old_photo", "sharper", "larger"] as const;

export type Way = (typeof WAYS)[number];

/** What is chosen on the first visit: it changes nothing of a good photo's colours. */
const FIRST: Way = "old_photo";

const GRAIN = ["background", "denoise_strength", "upscaler"] as const satisfies readonly (keyof Options)[];
/** The options that a way decides. */
const DECIDED = [
  "strength",
  "faces",
  "identity_policy",
  "color_correction",
  "color_lock",
  "restorer",
  ...GRAIN,
] as const satisfies readonly (keyof Options)[];

type Decided = Pick<Options, (typeof DECIDED)[number]>;

/** The ways that the server has; none of an earlier version. */
export function waysOf(config: Config): Way[] {
  const presets = presetsOf(config);
  return WAYS.filter((way) => way in presets);
}

/** What a way sets on this server. */
export function optionsOf(way: Way, config: Config): Decided {
  const { fields = {}, models = [] } = presetsOf(config)[way] ?? {};
  const first = (offered: readonly string[] = []) => models.find((name) => offered.includes(name)) ?? null;
  const { restorer, upscaler } = config.choices;
  return decidedIn(allowedOptions({ ...fields, restorer: first(restorer), upscaler: first(upscaler) }, config));
}

/** The way that these options are; null: they are a person's own. */
export function wayIn(options: Options, config: Config): Way | null {
  const chosen = decidedIn(options);
  const isChosen = (way: Way) => {
    const plain = optionsOf(way, config);
    return isSame(chosen, plain) || isSame(chosen, { ...plain, ...withGrain(config) });
  };
  return waysOf(config).find(isChosen) ?? null;
}

/** What keeps the grain of a photo: a network that can leave it, or none where the server has no such network. */
export function withGrain(config: Config): Partial<Options> {
  const [upscaler] = denoisersOf(config);
  return upscaler === undefined ? { background: "resample" } : { denoise_strength: 0, upscaler };
}

export function withoutGrain(way: Way, config: Config): Partial<Options> {
  const { background, denoise_strength, upscaler } = optionsOf(way, config);
  return { background, denoise_strength, upscaler };
}

export function keepsGrain({ background, denoise_strength }: Options): boolean {
  return background === "resample" || denoise_strength < 1;
}

/** The options of a first visit. */
export function firstOptions(config: Config): Options {
  const usual = allowedOptions({}, config);
  return waysOf(config).includes(FIRST) ? { ...usual, ...optionsOf(FIRST, config) } : usual;
}

function decidedIn(options: Options): Decided {
  return Object.fromEntries(DECIDED.map((name) => [name, options[name]])) as Decided;
}

function isSame(some: Decided, others: Decided): boolean {
  return DECIDED.every((name) => some[name] === others[name]);
}
