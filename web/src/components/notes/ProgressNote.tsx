"use client";

import { useNow } from "@/hooks/useNow";
import type { OngoingWork } from "@/photos/photo";
import { stageFraction, workInWords } from "@/photos/stages";
import { useWords } from "@/words/context";
import { Button } from "@/components/ui/Button";
import styles from "./ProgressNote.module.css";

type Props = {
  work: OngoingWork;
  onCancel: () => void;
  /** Null if no other photo is in work. */
  onCancelAll: (() => void) | null;
};

/** The progress of a photo. */
export function ProgressNote({ work, onCancel, onCancelAll }: Props) {
  const now = useNow(100);
  const t = useWords();
  const [label, fraction] = [workInWords(t, work), stageFraction(work)];
  const seconds = work.phase === "active" ? Math.max(0, now - work.since) / 1000 : null;
  const percent = fraction === null ? null : Math.round(fraction * 100);
  return (
    <div className={styles.note}>
      {/* Cancel must not be where Restore was: a double click on Restore would cancel at once. */}
      <div className={styles.actions}>
        <p className={styles.label}>{label}</p>
        {onCancelAll && <Button onClick={onCancelAll}>{t("progress.cancelAll")}</Button>}
        <Button icon="close" onClick={onCancel}>
          {t("progress.cancel")}
        </Button>
      </div>
      <div className={styles.foot}>
        <progress
          className={styles.progress}
          aria-label={label}
          max={1}
          {...(fraction === null ? {} : { value: fraction })}
        />
        <p className={styles.numbers}>
          {percent !== null && <span data-testid="percent">{percent} %</span>}
          {seconds !== null && <span data-testid="elapsed">{seconds.toFixed(1)} s</span>}
        </p>
      </div>
    </div>
  );
}
