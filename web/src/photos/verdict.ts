/** Whether the faces of a result are still those of the same people, in one sentence. */
import type { Facts } from "@/api/types";
import type { Words } from "@/words/words";
import type { Scale } from "./figures";

/** "good" and "bad" where the likeness was judged. */
export type Verdict = { tone: "good" | "bad" | "none"; words: string; isUnknown: boolean };

export function verdictOf({ faces }: Facts, { threshold }: Scale, t: Words): Verdict {
  const plain = (words: string): Verdict => ({ tone: "none", words, isUnknown: false });
  if (faces.length === 0) return plain(t("result.verdict.noFace"));
  const restored = faces.flatMap(({ action, identity_similarity }, index) =>
    action === "restored" || action === "softened" ? [{ face: index + 1, value: identity_similarity }] : [],
  );
  if (restored.length === 0) return plain(t("result.verdict.untouched"));
  const measured = restored.flatMap(({ face, value }) => (typeof value === "number" ? [{ face, value }] : []));
  const lowest = measured.toSorted((one, other) => one.value - other.value)[0];
  if (lowest === undefined) return { tone: "none", words: t("result.verdict.unknown"), isUnknown: true };
  const { face, value } = lowest;
  if (threshold === null) return plain(t("result.verdict.unjudged", { value }));
  const others = measured.filter((one) => one.value < threshold).length;
  const tone = others === 0 ? "good" : "bad";
  const key = others === 0 ? sameOf(measured.length) : faces.length === 1 ? "other" : otherOf(others);
  return { tone, words: t(`result.verdict.${key}`, { face, value, threshold, count: others }), isUnknown: false };
}

function sameOf(measured: number) {
  return measured === 1 ? "same" : "allSame";
}

function otherOf(others: number) {
  return others === 1 ? "oneOther" : "others";
}
