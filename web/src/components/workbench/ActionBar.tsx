"use client";

import { useEffect, useRef } from "react";
import { isWorthSending } from "@/photos/again";
import { obstacleOf } from "@/photos/check";
import { isBusy, isForSets, isOngoing, isOutdated, isSendable, requestFor, type Photo } from "@/photos/photo";
import type { Foresight } from "@/photos/look";
import type { Options } from "@/photos/options";
import { FEW, hoursOf, jobsOf } from "@/photos/sets";
import type { Config } from "@/api/types";
import { useLanguage, useWords } from "@/words/context";
import { said } from "@/words/words";
import { Button } from "@/components/ui/Button";
import { LookNote } from "@/components/notes/LookNote";
import { ProblemNote } from "@/components/notes/ProblemNote";
import { ProgressNote } from "@/components/notes/ProgressNote";
import { ResultActions } from "./ResultActions";
import styles from "./ActionBar.module.css";

type Props = {
  photo: Photo;
  /** All photos of the page, including `photo`. */
  photos: readonly Photo[];
  options: Options;
  config: Config;
  foresight: Foresight;
  onRestore: (ids: string[]) => void;
  /** Restores photos as a set. */
  onTogether: (ids: string[]) => void;
  onCancel: (ids: string[]) => void;
  onWithoutFaces: () => void;
  onKey: (key: string) => void;
};

/** The buttons for the next step with a photo. */
export function ActionBar(props: Props) {
  const t = useWords();
  const { phase } = props.photo.work;
  const isRefused = props.foresight.problem !== null;
  const bar = useRef<HTMLElement>(null);
  const hadFocus = useRef(false);
  useEffect(() => {
    // The focused button may be gone in the new phase, or by a refusal; then the bar takes the focus, for users of the keyboard.
    if (hadFocus.current && document.activeElement === document.body) bar.current?.focus();
  }, [phase, isRefused]);
  return (
    <section
      ref={bar}
      className={styles.bar}
      aria-label={t("actions.label")}
      tabIndex={-1}
      onFocus={() => (hadFocus.current = true)}
      onBlur={(event) => (hadFocus.current = event.relatedTarget === null)}
    >
      <Actions {...props} />
    </section>
  );
}

function Actions(props: Props) {
  const { photo, photos, options, config, foresight, onRestore, onTogether, onCancel, onWithoutFaces, onKey } = props;
  const { t, locale } = useLanguage();
  const { work, result, size } = photo;
  const cancel = () => onCancel([photo.id]);
  if (isOngoing(work)) {
    const busy = photos.filter(isBusy);
    const cancelAll = () => onCancel(idsOf(busy));
    return (
      <ProgressNote
        key={photo.id}
        work={work}
        course={photo.course}
        onCancel={cancel}
        onCancelAll={busy.length > 1 ? cancelAll : null}
      />
    );
  }
  if (work.phase === "kept" && work.problem === null) return <p>{t("actions.fetching")}</p>;
  const canSend = isSendable(photo);
  const obstacle = size && obstacleOf(size, options, config.limits);
  const fetching = work.phase === "kept" ? work.problem : null;
  const failure = work.phase === "failed" ? work : { problem: fetching ?? foresight.problem, retryAt: null };
  const problem = obstacle ? null : failure.problem;
  const isDone = result !== null && !isOutdated(photo, options);
  const undone = photos.filter((one) => isWorthSending(one, options, config.limits));
  const jobs = jobsOf(config);
  const together = jobs === null ? [] : undone.filter(isForSets);
  const others = undone.filter((one) => one !== photo);
  const restore = () => onRestore([photo.id]);
  const { facts, isLooking, isUnplaced } = foresight;
  const isWithoutFace =
    facts !== null && facts.faces.length === 0 && !isLooking && requestFor(photo, options).requireFace;
  return (
    <>
      {problem && (
        <ProblemNote
          problem={problem}
          limits={config.limits}
          retryAt={failure.retryAt}
          onRetry={restore}
          onStop={cancel}
          onWithoutFaces={onWithoutFaces}
          onKey={onKey}
        />
      )}
      {obstacle && (
        <p className={styles.obstacle} role="alert">
          {said(t, obstacle)}
        </p>
      )}
      {!problem && !obstacle && <LookNote foresight={foresight} />}
      <div className={styles.actions}>
        {!problem && !isDone && canSend && (
          <Button
            kind="primary"
            disabled={Boolean(obstacle) || isUnplaced}
            onClick={isWithoutFace ? onWithoutFaces : restore}
          >
            {t(isWithoutFace ? "actions.withoutFace" : result === null ? "actions.restore" : "actions.restoreAgain")}
          </Button>
        )}
        {others.length > 0 && (
          <Button onClick={() => onRestore(idsOf(undone))}>
            {undone.length === 1 ? t("actions.restoreOther") : t("actions.restoreAll", { count: undone.length })}
          </Button>
        )}
        {together.length > FEW && (
          <Button onClick={() => onTogether(idsOf(together))}>
            {t("actions.together", { count: together.length })}
          </Button>
        )}
      </div>
      {jobs !== null && together.length > FEW && (
        <p className={styles.hint}>{t("actions.togetherHint", { time: hoursOf(jobs, locale) })}</p>
      )}
      {!canSend && !isDone && <p className={styles.hint}>{t("actions.gone")}</p>}
      {result !== null && (
        <ResultActions photo={photo} result={result} photos={photos} isMain={(isDone || !canSend) && !problem} />
      )}
    </>
  );
}

function idsOf(photos: readonly Photo[]): string[] {
  return photos.map(({ id }) => id);
}
