"use client";

import { useNow } from "@/hooks/useNow";
import { leftInWords, percentInWords } from "@/photos/left";
import type { Photo } from "@/photos/photo";
import { placeIn, secondsOfAll, type Round } from "@/photos/round";
import { useWords } from "@/words/context";
import { ProgressBar } from "@/components/ui/ProgressBar";
import styles from "./RoundNote.module.css";

/** How far all photos are that are restored one after the other; nothing if it is only one. */
export function RoundNote({ round, photos }: { round: Round | null; photos: readonly Photo[] }) {
  return round !== null && round.weights.size > 1 ? <Several round={round} photos={photos} /> : null;
}

function Several({ round, photos }: { round: Round; photos: readonly Photo[] }) {
  const t = useWords();
  const now = useNow(1000);
  const seconds = secondsOfAll(round, photos, now);
  const place = t("progress.ofAll", placeIn(round));
  const left = seconds === null ? null : leftInWords(t, seconds);
  const percent = percentInWords(t, round.fraction);
  return (
    <div className={styles.note}>
      <p className={styles.words}>{left === null ? place : t("progress.ofAllLeft", { ...placeIn(round), left })}</p>
      <ProgressBar
        label={place}
        fraction={round.fraction}
        text={left === null ? percent : t("progress.done", { percent, left })}
      />
    </div>
  );
}
