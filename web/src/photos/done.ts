/** What was done with a photo, a sentence for each thing. */
import type { Face } from "@/api/types";
import type { Words } from "@/words/words";
import { sharpnessOf } from "./blur";
import type { Result } from "./photo";

/** `enlargement`: pixels of the result per pixel of the photo; null: unknown. */
export function doneInWords({ facts, request }: Result, enlargement: number | null, t: Words): string[] {
  const { faces, width, height } = facts;
  const count = (action: Face["action"]) => faces.filter((face) => face.action === action).length;
  const kept = isLarger(enlargement) ? "keptEnlarged" : "kept";
  const counted = [
    ["restored", count("restored")],
    ["softened", count("softened")],
    [kept, count("kept")],
    ["unchanged", count("unchanged")],
  ] as const;
  return [
    ...counted.flatMap(([key, number]) => (number > 0 ? [t(`result.done.${key}`, { count: number })] : [])),
    enlargement === null ? t("result.done.size", { width, height }) : sizeInWords(enlargement, t),
    ...(request.options.color_correction === "none" ? [] : [t("result.done.colours")]),
    ...sharpness(faces, t),
  ];
}

/** Whether the result is larger than the photo. What lies within a pixel of it is not. */
export function isLarger(enlargement: number | null): boolean {
  return enlargement !== null && enlargement > 1.005;
}

function sizeInWords(factor: number, t: Words): string {
  if (isLarger(factor)) return t("result.done.enlarged", { factor });
  return factor < 0.995 ? t("result.done.shrunk", { factor }) : t("result.done.sameSize");
}

/** How sharp the faces were in the photo, as far as that was measured. */
function sharpness(faces: readonly Face[], t: Words): string[] {
  const blurs = faces.flatMap(({ blur }) => (typeof blur === "number" ? [blur] : []));
  const [first] = blurs;
  if (first === undefined) return [];
  if (faces.length === 1) return [t(`result.done.blur.one.${sharpnessOf(first)}`, { blur: first })];
  const sharp = blurs.filter((blur) => sharpnessOf(blur) === "sharp").length;
  return [t("result.done.blur.several", { sharp, count: blurs.length })];
}
