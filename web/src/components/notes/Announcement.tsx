import type { DryRun } from "@/api/types";
import { spokenLook } from "@/photos/estimate";
import type { Photo } from "@/photos/photo";
import { workInWords } from "@/photos/stages";
import { useWords } from "@/words/context";
import type { Words } from "@/words/words";

/**
 * The state of a photo, for screen readers. A stage is announced once and without its percentage, which changes up to
 * ten times a second.
 */
export function Announcement({ photo, foreseen }: { photo: Photo | null; foreseen: DryRun | null }) {
  const t = useWords();
  return (
    <p role="status" className="visually-hidden">
      {photo && announced(photo, foreseen, t)}
    </p>
  );
}

function announced({ work, result, name, refusal }: Photo, foreseen: DryRun | null, t: Words): string {
  if (refusal !== null) return t("result.announced.refused", { name });
  if (work.phase === "active" || work.phase === "batched") return workInWords(t, work);
  if (work.phase === "waiting") return t("result.announced.waits", { name });
  if (work.phase === "failed") return ""; // ProblemNote is an alert and announces it
  if (foreseen !== null) return spokenLook(foreseen, t);
  const isDone = result !== null || work.phase === "kept";
  return t(isDone ? "result.announced.done" : "result.announced.added", { name });
}
