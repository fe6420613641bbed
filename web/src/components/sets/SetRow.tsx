"use client";

import type { Job, Limits } from "@/api/types";
import { isOver, problemOfJob } from "@/photos/batch";
import { problemInWords } from "@/photos/problems";
import { stageName } from "@/photos/stages";
import { useWords } from "@/words/context";
import type { Words } from "@/words/words";
import { usePreview } from "@/hooks/usePreview";
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import styles from "./SetRow.module.css";

type Props = {
  job: Job;
  limits: Partial<Limits>;
  apiKey: string | null;
  onOpen: () => void;
  onSave: () => void;
  onCancel: () => void;
};

/** One photo of a set: its result in small, how far it is, and what can be done with it. */
export function SetRow({ job, limits, apiKey, onOpen, onSave, onCancel }: Props) {
  const t = useWords();
  const isDone = job.state === "succeeded";
  const { element, url } = usePreview<HTMLLIElement>(isDone ? job.id : null, apiKey);
  const name = job.file_name || t("sets.photo");
  const problem = problemOfJob(job);
  return (
    <li ref={element} className={styles.row}>
      <span className={styles.thumbnail}>{url === null ? <Icon name="photo" /> : <img src={url} alt="" />}</span>
      <span className={styles.words}>
        <span className={styles.name}>{name}</span>
        <span className={problem ? styles.problem : styles.state}>
          {problem ? problemInWords(t, problem, limits).words : stateOf(t, job)}
        </span>
      </span>
      {isDone && (
        <span className={styles.actions}>
          <Button aria-label={t("sets.openName", { name })} onClick={onOpen}>
            {t("sets.open")}
          </Button>
          <Button icon="download" iconOnly title={t("sets.saveName", { name })} onClick={onSave}>
            {t("sets.saveName", { name })}
          </Button>
        </span>
      )}
      {!isOver(job) && (
        <span className={styles.actions}>
          <Button
            icon="close"
            iconOnly
            title={t("sets.cancelName", { name })}
            disabled={job.cancelling}
            onClick={onCancel}
          >
            {t("sets.cancelName", { name })}
          </Button>
        </span>
      )}
    </li>
  );
}

function stateOf(t: Words, { state, stage, fraction, result, cancelling }: Job): string {
  if (cancelling) return t("sets.stops");
  if (state === "queued") return t("sets.waits");
  if (state === "running")
    return stage === null ? t("sets.begins") : t("sets.atStage", { stage: stageName(t, stage), fraction });
  if (state === "cancelled") return t("sets.cancelled");
  return result === null ? t("sets.done") : t("sets.result", result);
}
