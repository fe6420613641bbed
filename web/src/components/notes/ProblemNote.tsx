"use client";

import type { Problem } from "@/api/problem";
import { useNow } from "@/hooks/useNow";
import { plainMessage } from "@/photos/notices";
import { stageName } from "@/photos/stages";
import { useWords } from "@/words/context";
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import { KeyForm } from "./KeyForm";
import styles from "./ProblemNote.module.css";

type Props = {
  problem: Problem;
  /** When the page sends the photo again (ms since 1970); null: only when the person asks. */
  retryAt: number | null;
  onRetry: () => void;
  onStop: () => void;
  onWithoutFaces: () => void;
  onKey: (key: string) => void;
};

/** An error, with buttons for what the person can do about it. */
export function ProblemNote({ problem, retryAt, onRetry, onStop, onWithoutFaces, onKey }: Props) {
  const t = useWords();
  const details = [
    problem.stage && `while: ${stageName(problem.stage).toLowerCase()}`,
    problem.requestId && `request ${problem.requestId}`,
  ].filter(Boolean);
  return (
    <div className={styles.note}>
      <p className={styles.message} role="alert">
        <Icon name="warning" />
        <span>{plainMessage(problem, t)}</span>
      </p>
      {details.length > 0 && <p className={styles.details}>{details.join(" · ")}</p>}
      {retryAt !== null && <Countdown until={retryAt} />}
      {problem.status === 401 ? (
        <KeyForm onKey={onKey} />
      ) : (
        <div className={styles.actions}>
          {problem.code === "no_face_detected" && (
            <Button kind="primary" onClick={onWithoutFaces}>
              Enlarge it all the same
            </Button>
          )}
          <Button icon="retry" onClick={onRetry}>
            {retryAt === null ? "Try again" : "Try now"}
          </Button>
          {retryAt !== null && <Button onClick={onStop}>Stop trying</Button>}
        </div>
      )}
    </div>
  );
}

function Countdown({ until }: { until: number }) {
  const seconds = Math.max(0, Math.ceil((until - useNow(250)) / 1000));
  if (seconds <= 0) return <p>Trying again…</p>;
  return <p>Trying again in {seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`}.</p>;
}
