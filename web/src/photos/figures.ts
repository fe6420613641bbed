/** The figures of an answer, with plain words for what they mean. */
import type { Config, Facts, Warning } from "@/api/types";
import type { MessageKey, Words } from "@/words/words";
import { plainMessage } from "./notices";
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

type Step = readonly [least: number, meaning: MessageKey];

const PSNR: readonly Step[] = [
  [40, "result.figures.psnr.hardly"],
  [32, "result.figures.psnr.little"],
  [26, "result.figures.psnr.clearly"],
  [-Infinity, "result.figures.psnr.much"],
];
const SSIM: readonly Step[] = [
  [0.97, "result.figures.ssim.same"],
  [0.9, "result.figures.ssim.nearly"],
  [0.75, "result.figures.ssim.places"],
  [-Infinity, "result.figures.ssim.much"],
];
/** Steps of 1 − LPIPS, so that a higher value is better, as for the others. */
const LPIPS: readonly Step[] = [
  [0.95, "result.figures.lpips.same"],
  [0.85, "result.figures.lpips.alike"],
  [0.7, "result.figures.lpips.different"],
  [-Infinity, "result.figures.lpips.very"],
];

type Name = "psnr" | "ssim" | "lpips" | "identity";

/** PSNR, SSIM, LPIPS and identity, in this order. */
export function figuresOf(facts: Facts, scale: Scale, t: Words): Figure[] {
  const { metrics } = facts;
  const figure = (name: Name, value: number | null, meaning: (value: number) => string) => ({
    value: value === null ? null : t(`result.figures.${name}.value`, { value }),
    meaning: value === null ? reason(facts, name, t) : meaning(value),
  });
  const stepped = (steps: readonly Step[], least: (value: number) => number) => (value: number) =>
    word(steps, least(value), t);
  return [
    {
      name: "PSNR",
      ...figure("psnr", metrics?.psnr ?? null, stepped(PSNR, Number)),
      explanation: t("result.figures.psnr.explanation"),
    },
    {
      name: "SSIM",
      ...figure("ssim", metrics?.ssim ?? null, stepped(SSIM, Number)),
      explanation: t("result.figures.ssim.explanation"),
    },
    {
      name: "LPIPS",
      ...figure(
        "lpips",
        metrics?.lpips ?? null,
        stepped(LPIPS, (value) => 1 - value),
      ),
      explanation: t("result.figures.lpips.explanation"),
    },
    {
      name: t("result.figures.identity.name"),
      ...figure("identity", metrics?.identity_similarity ?? null, (value) => likeness(value, scale, t)),
      explanation: identityExplanation(scale, t),
    },
  ];
}

/** Why an answer has no figures at all. */
export function whyNone({ preset }: Options, config: Config, t: Words): string {
  const isByPreset = presetsOf(config)[preset]?.fields.metrics === false;
  return isByPreset ? t("result.figures.leftOut", { preset: t(QUALITIES[preset]) }) : t("result.figures.notAsked");
}

/** The warnings that are not already shown as the reason of an unknown figure. */
export function otherWarnings({ metrics, warnings }: Facts): Warning[] {
  const { psnr = null, ssim = null, lpips = null, identity_similarity: identity = null } = metrics ?? {};
  const values = Object.entries({ psnr, ssim, lpips, identity });
  const unknown =
    metrics === null
      ? (["identity"] as const)
      : values.flatMap(([name, value]) => (value === null ? [name as Name] : []));
  const shown = unknown.map((name) => reasonOf(warnings, name));
  return warnings.filter((warning) => warning.code.startsWith("no_face") || !shown.includes(warning));
}

/** The scale of the similarities in an answer. */
export function scaleOf(facts: Facts, config: Config): Scale {
  const chosen = config.identity_recogniser;
  const recogniser = facts.models.recogniser ?? chosen;
  // After a restart the server may use another recogniser than the config says; its threshold is unknown.
  return { recogniser, threshold: recogniser === chosen ? config.identity_threshold : null };
}

/** A face's similarity in words. */
export function likeness(similarity: number, { threshold }: Scale, t: Words): string {
  if (threshold === null) return t("result.likeness.unsaid");
  if (similarity < threshold) return t("result.likeness.other");
  return t(similarity < (1 + threshold) / 2 ? "result.likeness.same" : "result.likeness.clearly");
}

/** "Likeness 0.92: same person from 0.50 on, by dlib-resnet."; null without a recogniser. */
export function likenessInWords(value: number, { threshold, recogniser }: Scale, t: Words): string | null {
  if (recogniser === null) return null;
  return threshold === null
    ? t("faces.likeness.measured", { value, recogniser })
    : t("faces.likeness.scaled", { value, threshold, recogniser });
}

function identityExplanation({ threshold, recogniser }: Scale, t: Words): string {
  if (recogniser === null) return t("result.figures.identity.plain");
  return threshold === null
    ? t("result.figures.identity.measured", { recogniser })
    : t("result.figures.identity.scaled", { threshold, recogniser });
}

function word(steps: readonly Step[], value: number, t: Words): string {
  const key = steps.find(([least]) => value >= least)?.[1];
  return key === undefined ? "" : t(key);
}

/** Why a figure is unknown: the warning about it, in words. */
function reason(facts: Facts, figure: Name, t: Words): string {
  if (facts.metrics === null) return t("result.figures.notAsked");
  const warning = reasonOf(facts.warnings, figure);
  return warning === undefined ? t("result.figures.noReason") : plainMessage(warning, t);
}

function reasonOf(warnings: readonly Warning[], figure: Name): Warning | undefined {
  // Other identity_* warnings do not say why the figure is unknown.
  const codes = figure === "identity" ? ["identity_unavailable", "no_face_"] : [`${figure}_`];
  return warnings.find(
    ({ code, message }) =>
      codes.some((start) => code.startsWith(start)) ||
      (code === "metric_failed" && message.toLowerCase().startsWith(figure)),
  );
}
