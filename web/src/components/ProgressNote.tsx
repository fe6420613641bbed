"use client";

import { useNow } from "@/hooks/useNow";
import type { Work } from "@/photos/photo";
import { described } from "@/photos/stages";
import { Button } from "./Button";
import styles from "./ProgressNote.module.css";

type Props = { work: Extract<Work, { phase: "waiting" | "active" }>; onCancel: () => void };

/** Where a photo is. */
export function ProgressNote({ work, onCancel }: Props) {
  const now = useNow(100);
  const { label, fraction } =
    work.phase === "active" ? described(work.progress) : { label: "After the photos before it", fraction: null };
  const seconds = work.phase === "active" ? Math.max(0, now - work.since) / 1000 : null;
  const percent = fraction === null ? null : Math.round(fraction * 100);
  return (
    <div className={styles.note}>
      <div className={styles.head}>
        <p>{label}</p>
        <p className={styles.numbers}>
          {percent !== null && <span data-testid="percent">{percent} %</span>}
          {seconds !== null && <span data-testid="elapsed">{seconds.toFixed(1)} s</span>}
        </p>
      </div>
      <progress
        className={styles.progress}
        aria-label={label}
        max={1}
        {...(fraction === null ? {} : { value: fraction })}
      />
      <Button icon="close" onClick={onCancel}>
        Cancel
      </Button>
    </div>
  );
}
