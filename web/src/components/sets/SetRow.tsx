"use client";

import type { Job } from "@/api/types";
import { isOver, problemOfJob } from "@/photos/batch";
import { plainMessage } from "@/photos/notices";
import { stageName } from "@/photos/stages";
import { useWords } from "@/words/context";
import { usePreview } from "@/hooks/usePreview";
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import styles from "./SetRow.module.css";

type Props = {
  job: Job;
  apiKey: string | null;
  onOpen: () => void;
  onSave: () => void;
  onCancel: () => void;
};

/** One photo of a set: its result in small, how far it is, and what can be done with it. */
export function SetRow({ job, apiKey, onOpen, onSave, onCancel }: Props) {
  const t = useWords();
  const isDone = job.state === "succeeded";
  const { element, url } = usePreview<HTMLLIElement>(isDone ? job.id : null, apiKey);
  const name = job.file_name || "Photo";
  const problem = problemOfJob(job);
  return (
    <li ref={element} className={styles.row}>
      <span className={styles.thumbnail}>{url === null ? <Icon name="photo" /> : <img src={url} alt="" />}</span>
      <span className={styles.words}>
        <span className={styles.name}>{name}</span>
        <span className={problem ? styles.problem : styles.state}>
          {problem ? plainMessage(problem, t) : stateOf(job)}
        </span>
      </span>
      {isDone && (
        <span className={styles.actions}>
          <Button aria-label={`Open ${name}`} onClick={onOpen}>
            Open
          </Button>
          <Button icon="download" iconOnly title={`Save ${name}`} onClick={onSave}>
            {`Save ${name}`}
          </Button>
        </span>
      )}
      {!isOver(job) && (
        <span className={styles.actions}>
          <Button icon="close" iconOnly title={`Cancel ${name}`} disabled={job.cancelling} onClick={onCancel}>
            {`Cancel ${name}`}
          </Button>
        </span>
      )}
    </li>
  );
}

function stateOf({ state, stage, fraction, result, cancelling }: Job): string {
  if (cancelling) return "Stops at its next step";
  if (state === "queued") return "Waits for its turn";
  if (state === "running") return stage === null ? "Begins" : `${stageName(stage)}, ${Math.round(fraction * 100)} %`;
  if (state === "cancelled") return "Cancelled";
  return result === null ? "Done" : `${result.width} × ${result.height} pixels, ${facesOf(result.faces)}`;
}

function facesOf(count: number): string {
  if (count === 0) return "no face";
  return count === 1 ? "1 face" : `${count} faces`;
}
