/** What the figures of an answer mean, in plain words. */
import type { Facts, Warning } from "@/api/types";

export type Figure = {
  name: string;
  /** With its unit; null: unknown. */
  value: string | null;
  /** One plain word or two for this value; where it is unknown: why. */
  meaning: string;
  /** What the figure is. */
  explanation: string;
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
/** Of 1 − LPIPS, so that all go one way. */
const LPIPS: readonly Step[] = [
  [0.95, "looks the same"],
  [0.85, "looks alike"],
  [0.7, "looks different"],
  [-Infinity, "looks very different"],
];

/** PSNR, SSIM, LPIPS and identity, in this order. `threshold`: the similarity under which a face is another person. */
export function figuresOf(facts: Facts, threshold: number): Figure[] {
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
      meaning: identity === null ? reason(facts, "identity") : likeness(identity, threshold),
      explanation:
        "Whether a face recogniser takes the faces before and after for one person; the lowest of all faces.",
    },
  ];
}

/** The warnings that are not already the reason of an unknown figure. */
export function otherWarnings(facts: Facts, threshold: number): Warning[] {
  const told = figuresOf(facts, threshold).map(({ meaning }) => meaning);
  return facts.warnings.filter(({ code, message }) => code.startsWith("no_face") || !told.includes(message));
}

/** A face's similarity in words. */
export function likeness(similarity: number, threshold: number): string {
  if (similarity < threshold) return "may be taken for another person";
  return similarity < (1 + threshold) / 2 ? "same person" : "same person, clearly";
}

function word(steps: readonly Step[], value: number): string {
  return steps.find(([least]) => value >= least)?.[1] ?? "";
}

/** Why a figure is unknown: the warning about it says so. */
function reason(facts: Facts, figure: "psnr" | "ssim" | "lpips" | "identity"): string {
  if (facts.metrics === null) return "The figures were not asked for.";
  // Of the warnings about identity one alone says why it is unknown.
  const codes = figure === "identity" ? ["identity_unavailable", "no_face_"] : [`${figure}_`];
  const warning = facts.warnings.find(
    ({ code, message }) =>
      codes.some((start) => code.startsWith(start)) ||
      (code === "metric_failed" && message.toLowerCase().startsWith(figure)),
  );
  return warning?.message ?? "The server did not say why.";
}
