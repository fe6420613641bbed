"use client";

import type { Job, Limits } from "@/api/types";
import type { KnownSet } from "@/hooks/useSets";
import { inWords } from "@/photos/batch";
import type { Request } from "@/photos/photo";
import { problemInWords } from "@/photos/problems";
import { useWords } from "@/words/context";
import { KeyForm } from "@/components/notes/KeyForm";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { SetCard } from "./SetCard";
import styles from "./SetsDialog.module.css";

type Props = {
  sets: readonly KnownSet[];
  /** Whether this browser knows them the next time too. */
  isStored: boolean;
  limits: Limits;
  apiKey: string | null;
  onKey: (key: string) => void;
  /** Something of a set has changed. */
  onChanged: () => void;
  onOpen: (job: Job, request: Request) => void;
  onRemoved: (id: string) => void;
  onClose: () => void;
};

/** The sets of this browser, the newest first. */
export function SetsDialog({ sets, isStored, limits, apiKey, onKey, onChanged, onOpen, onRemoved, onClose }: Props) {
  const t = useWords();
  const isLockedOut = sets.some(({ problem }) => problem?.status === 401);
  return (
    <Dialog
      label={t("sets.label")}
      width="640px"
      onClose={onClose}
      actions={<Button onClick={onClose}>{t("sets.close")}</Button>}
    >
      <div className={styles.sets}>
        <div>
          <h2 className={styles.title}>{t("sets.label")}</h2>
          <p className={styles.hint}>
            {t("sets.byItself")} {t(isStored ? "sets.stored" : "sets.notStored")}
          </p>
        </div>
        {isLockedOut && <KeyForm onKey={onKey} />}
        {[...sets].reverse().map(({ saved: { id, request }, batch, problem }) => (
          <div key={id} className={styles.set}>
            {problem && (
              <p className={styles.problem} role="alert">
                {problemInWords(t, inWords(problem), limits).words}
              </p>
            )}
            {batch && (
              <SetCard
                batch={batch}
                limits={limits}
                apiKey={apiKey}
                onChanged={onChanged}
                onOpen={(job) => onOpen(job, request)}
                onRemoved={() => onRemoved(id)}
              />
            )}
            {problem?.status === 404 && <Button onClick={() => onRemoved(id)}>{t("sets.forget")}</Button>}
          </div>
        ))}
      </div>
    </Dialog>
  );
}
