/** What a look has found, in words. */
import type { DryRun, Face } from "@/api/types";
import type { Words } from "@/words/words";

/** "No face found", "1 face found", "3 faces found, 1 more marked": one that only a person has seen was not found. */
export function facesInWords(faces: readonly Pick<Face, "landmarks_estimated">[], t: Words): string {
  const marked = faces.filter(({ landmarks_estimated }) => landmarks_estimated).length;
  const found = faces.length - marked;
  if (found === 0) return marked === 0 ? t("look.none") : t("look.marked", { count: marked });
  return marked === 0 ? t("look.found", { count: found }) : t("look.foundAndMarked", { found, marked });
}

/** "about 8 s", "about 40 s", "about 3 minutes": no more exact than an estimate is. */
export function aboutInWords(seconds: number, t: Words): string {
  const { unit, count } = roughly(seconds);
  return t(`look.about.${unit}`, { count });
}

/** "3 faces found, about 8 seconds.", for screen readers. */
export function spokenLook({ faces, estimate }: DryRun, t: Words): string {
  const { unit, count } = roughly(estimate.seconds);
  return t(`look.spoken.${unit}`, { faces: facesInWords(faces, t), count });
}

function roughly(seconds: number): { unit: "less" | "seconds" | "minutes"; count: number } {
  if (seconds < 1) return { unit: "less", count: 0 };
  if (seconds < 20) return { unit: "seconds", count: Math.round(seconds) };
  if (seconds < 90) return { unit: "seconds", count: Math.round(seconds / 5) * 5 };
  return { unit: "minutes", count: Math.round(seconds / 60) };
}

/** "Needs 215 MB of the server’s memory" */
export function memoryInWords({ estimate }: DryRun, t: Words): string {
  return t("look.memory", { megabytes: Math.ceil(estimate.memory_bytes / 1e6) });
}
