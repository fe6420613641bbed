/** The figures of an answer, with plain words for what they mean. */
import type { Config, Facts, Warning } from "@/api/types";
import type { Words } from "@/words/words";
import type { Options } from "./options";
import { presetsOf, QUALITIES } from "./quality";

export type Figure = {
  name: string;
  /** With its unit; null: unknown. */
  value: string | null;
  /** Plain words for this value; if it is unknown, the reason. */
  meaning: string;
  /** What the figure measures. */
  explanation: string;
};

/** The scale of a similarity, which depends on the recogniser that measured it. */
export type Scale = {
  /** From this similarity on, two faces are taken for the same person; null: unknown. */
  threshold: number | null;
  /** By name; null: there is none. */
  recogniser: string | null;
};

type Step = readonly [least: number, meaning: string];

const PSNR: readonly Step[] = [
  [40, "hardly changed"],
  [32, "a little changed"],
  [26, "clearly changed"],
  [-Infinity, "much changed"],
];
const SSIM: readonly Step[] = [
  [0.97, "same structure"],
  [0.9, "nearly the same structure"],
  [0.75, "structure changed in places"],
  [-Infinity, "structure much changed"],
];
/** Steps of 1 − LPIPS, so that a higher value is better, as for the others. */
const LPIPS: readonly Step[] = [
  [0.95, "looks the same"],
  [0.85, "looks alike"],
  [0.7, "looks different"],
  [-Infinity, "looks very different"],
];

const NOT_ASKED = "The figures were not asked for.";

/** PSNR, SSIM, LPIPS and identity, in this order. */
export function figuresOf(facts: Facts, scale: Scale): Figure[] {
  const { metrics } = facts;
  const psnr = metrics?.psnr ?? null;
  const ssim = metrics?.ssim ?? null;
  const lpips = metrics?.lpips ?? null;
  const identity = metrics?.identity_similarity ?? null;
  return [
    {
      name: "PSNR",
      value: psnr === null ? null : `${psnr.toFixed(1)} dB`,
      meaning: psnr === null ? reason(facts, "psnr") : word(PSNR, psnr),
      explanation: "How far the pixels moved from the photo you gave. Removing noise lowers it too.",
    },
    {
      name: "SSIM",
      value: ssim === null ? null : ssim.toFixed(3),
      meaning: ssim === null ? reason(facts, "ssim") : word(SSIM, ssim),
      explanation: "How much of the photo’s structure was kept; 1 is all of it.",
    },
    {
      name: "LPIPS",
      value: lpips === null ? null : lpips.toFixed(3),
      meaning: lpips === null ? reason(facts, "lpips") : word(LPIPS, 1 - lpips),
      explanation: "How different it looks to a network trained on people’s judgement; 0 is equal.",
    },
    {
      name: "Identity",
      value: identity === null ? null : identity.toFixed(2),
      meaning: identity === null ? reason(facts, "identity") : likeness(identity, scale),
      explanation: identityExplanation(scale),
    },
  ];
}

/** Why an answer has no figures at all. */
export function whyNone({ preset }: Options, config: Config, t: Words): string {
  const isByPreset = presetsOf(config)[preset]?.fields.metrics === false;
  return isByPreset ? `No figures: “${t(QUALITIES[preset])}” leaves them out to save time.` : NOT_ASKED;
}

/** The warnings that are not already shown as the reason of an unknown figure. */
export function otherWarnings(facts: Facts, scale: Scale): Warning[] {
  const shown = figuresOf(facts, scale).map(({ meaning }) => meaning);
  return facts.warnings.filter(({ code, message }) => code.startsWith("no_face") || !shown.includes(message));
}

/** The scale of the similarities in an answer. */
export function scaleOf(facts: Facts, config: Config): Scale {
  const chosen = config.identity_recogniser;
  const recogniser = facts.models.recogniser ?? chosen;
  // After a restart the server may use another recogniser than the config says; its threshold is unknown.
  return { recogniser, threshold: recogniser === chosen ? config.identity_threshold : null };
}

/** "same person from 0.50 on, by dlib-resnet"; empty without a recogniser. */
export function scaleInWords({ threshold, recogniser }: Scale): string {
  if (recogniser === null) return "";
  return threshold === null
    ? `measured by ${recogniser}`
    : `same person from ${threshold.toFixed(2)} on, by ${recogniser}`;
}

/** A face's similarity in words. */
export function likeness(similarity: number, { threshold }: Scale): string {
  if (threshold === null) return "the server did not say from what value on it is the same person";
  if (similarity < threshold) return "may be taken for another person";
  return similarity < (1 + threshold) / 2 ? "same person" : "same person, clearly";
}

function identityExplanation(scale: Scale): string {
  const words = scaleInWords(scale);
  const what = "How alike the faces before and after are to a face recogniser";
  return `${what}${words && `: ${words}`}. The lowest of all faces.`;
}

function word(steps: readonly Step[], value: number): string {
  return steps.find(([least]) => value >= least)?.[1] ?? "";
}

/** Why a figure is unknown: the text of the warning about it. */
function reason(facts: Facts, figure: "psnr" | "ssim" | "lpips" | "identity"): string {
  if (facts.metrics === null) return NOT_ASKED;
  // Other identity_* warnings do not say why the figure is unknown.
  const codes = figure === "identity" ? ["identity_unavailable", "no_face_"] : [`${figure}_`];
  const warning = facts.warnings.find(
    ({ code, message }) =>
      codes.some((start) => code.startsWith(start)) ||
      (code === "metric_failed" && message.toLowerCase().startsWith(figure)),
  );
  return warning?.message ?? "The server did not say why.";
}
