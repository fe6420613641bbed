"use client";

import { useNow } from "@/hooks/useNow";
import { secondsLeft, type Course } from "@/photos/course";
import { leftInWords, percentInWords } from "@/photos/left";
import type { OngoingWork } from "@/photos/photo";
import { workInWords } from "@/photos/stages";
import { useWords } from "@/words/context";
import { Button } from "@/components/ui/Button";
import { ProgressBar } from "@/components/ui/ProgressBar";
import styles from "./ProgressNote.module.css";

type Props = {
  work: OngoingWork;
  /** How far it is as a whole; null: it waits for other photos. */
  course: Course | null;
  onCancel: () => void;
  /** Null if no other photo is in work. */
  onCancelAll: (() => void) | null;
};

/** The progress of a photo. */
export function ProgressNote({ work, course, onCancel, onCancelAll }: Props) {
  const t = useWords();
  const now = useNow(200);
  const label = workInWords(t, work);
  const seconds = course && secondsLeft(course, now);
  const left = seconds === null ? null : leftInWords(t, seconds);
  const percent = course && percentInWords(t, course.fraction);
  const text = percent && (left === null ? percent : t("progress.done", { percent, left }));
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
        <ProgressBar label={label} fraction={course?.fraction ?? null} {...(text !== null && { text })} />
        <p className={styles.numbers}>
          <span data-testid="percent">{percent}</span>
          <span data-testid="left">{left}</span>
        </p>
      </div>
    </div>
  );
}
