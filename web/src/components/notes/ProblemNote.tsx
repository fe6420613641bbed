"use client";

import type { Problem } from "@/api/problem";
import type { Limits } from "@/api/types";
import { useNow } from "@/hooks/useNow";
import { problemInWords } from "@/photos/problems";
import { stageName } from "@/photos/stages";
import { useWords } from "@/words/context";
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import { KeyForm } from "./KeyForm";
import styles from "./ProblemNote.module.css";

type Props = {
  problem: Problem;
  limits: Partial<Limits>;
  /** When the page sends the photo again (ms since 1970); null: only when the person asks. */
  retryAt: number | null;
  onRetry: () => void;
  onStop: () => void;
  onWithoutFaces: () => void;
  onKey: (key: string) => void;
};

/** An error, with buttons for what the person can do about it. */
export function ProblemNote({ problem, limits, retryAt, onRetry, onStop, onWithoutFaces, onKey }: Props) {
  const t = useWords();
  const { words, detail } = problemInWords(t, problem, limits);
  const details = [
    problem.stage && t("problems.step", { stage: stageName(t, problem.stage) }),
    problem.requestId && t("problems.request", { id: problem.requestId }),
  ].filter(Boolean);
  return (
    <div className={styles.note}>
      <div className={styles.message} role="alert">
        <Icon name="warning" />
        <div>
          <p>{words}</p>
          {detail !== null && (
            <p className={styles.details}>
              {t("problems.server")} <bdi lang="en">{detail}</bdi>
            </p>
          )}
        </div>
      </div>
      {details.length > 0 && <p className={styles.details}>{details.join(" · ")}</p>}
      {retryAt !== null && <Countdown until={retryAt} />}
      {problem.status === 401 ? (
        <KeyForm onKey={onKey} />
      ) : (
        <div className={styles.actions}>
          {problem.code === "no_face_detected" && (
            <Button kind="primary" onClick={onWithoutFaces}>
              {t("actions.withoutFace")}
            </Button>
          )}
          <Button icon="retry" onClick={onRetry}>
            {t(retryAt === null ? "problems.again" : "problems.now")}
          </Button>
          {retryAt !== null && <Button onClick={onStop}>{t("problems.stop")}</Button>}
        </div>
      )}
    </div>
  );
}

function Countdown({ until }: { until: number }) {
  const t = useWords();
  const seconds = Math.max(0, Math.ceil((until - useNow(250)) / 1000));
  if (seconds <= 0) return <p>{t("problems.tryingNow")}</p>;
  const minutes = Math.ceil(seconds / 60);
  return <p>{seconds < 120 ? t("problems.countdown", { seconds }) : t("problems.countdownMinutes", { minutes })}</p>;
}
