"use client";

import { useEffect, useRef } from "react";
import { obstacleOf } from "@/photos/check";
import { isBusy, isOutdated, type Photo } from "@/photos/photo";
import type { Options } from "@/photos/options";
import type { Config } from "@/api/types";
import { Button } from "./Button";
import { ProblemNote } from "./ProblemNote";
import { ProgressNote } from "./ProgressNote";
import { ResultActions } from "./ResultActions";
import styles from "./ActionBar.module.css";

type Props = {
  photo: Photo;
  /** Photos that have not been done yet, this one among them. */
  others: readonly Photo[];
  options: Options;
  config: Config | null;
  onRestore: (ids: string[]) => void;
  onCancel: () => void;
  onWithoutFaces: () => void;
  onKey: (key: string) => void;
};

/** What can be done next with a photo. */
export function ActionBar(props: Props) {
  const { phase } = props.photo.work;
  const bar = useRef<HTMLElement>(null);
  const hadFocus = useRef(false);
  useEffect(() => {
    // What was pressed has made way for something else; whoever uses the keyboard goes on from here.
    if (hadFocus.current && document.activeElement === document.body) bar.current?.focus();
  }, [phase]);
  return (
    <section
      ref={bar}
      className={styles.bar}
      aria-label="Next step"
      tabIndex={-1}
      onFocus={() => (hadFocus.current = true)}
      onBlur={(event) => (hadFocus.current = event.relatedTarget === null)}
    >
      <Actions {...props} />
    </section>
  );
}

function Actions({ photo, others, options, config, onRestore, onCancel, onWithoutFaces, onKey }: Props) {
  const { work, result, size } = photo;
  if (work.phase === "waiting" || work.phase === "active") return <ProgressNote work={work} onCancel={onCancel} />;

  const obstacle = size && config && obstacleOf(size, options.upscale_factor, config.limits);
  const isReady = config !== null && !obstacle;
  const restore = () => onRestore([photo.id]);
  const isDone = result !== null && !isOutdated(photo, options);
  const isFailed = work.phase === "failed" && !obstacle;
  return (
    <>
      {isFailed && (
        <ProblemNote
          problem={work.problem}
          retryAt={work.retryAt}
          onRetry={restore}
          onStop={onCancel}
          onWithoutFaces={onWithoutFaces}
          onKey={onKey}
        />
      )}
      {obstacle && (
        <p className={styles.obstacle} role="alert">
          {obstacle}
        </p>
      )}
      {!isFailed && !isDone && (
        <div className={styles.actions}>
          <Button kind="primary" disabled={!isReady} onClick={restore}>
            {result === null ? "Restore" : "Restore again"}
          </Button>
          {others.length > 1 && !others.some(isBusy) && (
            <Button disabled={!isReady} onClick={() => onRestore(others.map(({ id }) => id))}>
              {`Restore all ${others.length}`}
            </Button>
          )}
        </div>
      )}
      {result !== null && <ResultActions name={photo.file.name} result={result} isMain={isDone && !isFailed} />}
    </>
  );
}
