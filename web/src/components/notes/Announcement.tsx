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
      {photo && announced(t, photo, foreseen)}
    </p>
  );
}

function announced(t: Words, { work, result, name, refusal }: Photo, foreseen: DryRun | null): string {
  if (refusal !== null) return `${name} cannot be sent.`;
  if (work.phase === "active" || work.phase === "batched") return workInWords(t, work);
  if (work.phase === "waiting") return `${name} waits for the photos before it.`;
  if (work.phase === "failed") return ""; // ProblemNote is an alert and announces it
  if (foreseen !== null) return spokenLook(foreseen);
  return result === null && work.phase !== "kept" ? `${name} was added.` : `${name} is done.`;
}
