"use client";

import type { Job } from "@/api/types";
import type { KnownSet } from "@/hooks/useSets";
import { inWords } from "@/photos/batch";
import type { Request } from "@/photos/photo";
import { KeyForm } from "@/components/notes/KeyForm";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { SetCard } from "./SetCard";
import styles from "./SetsDialog.module.css";

type Props = {
  sets: readonly KnownSet[];
  /** Whether this browser knows them the next time too. */
  isStored: boolean;
  apiKey: string | null;
  onKey: (key: string) => void;
  /** Something of a set has changed. */
  onChanged: () => void;
  onOpen: (job: Job, request: Request) => void;
  onRemoved: (id: string) => void;
  onClose: () => void;
};

const STORED = "This browser remembers only which sets it has sent.";
const NOT_STORED =
  "This browser cannot remember which sets it has sent, because its storage is full or turned off. Save the results before you close or reload this page.";

/** The sets of this browser, the newest first. */
export function SetsDialog({ sets, isStored, apiKey, onKey, onChanged, onOpen, onRemoved, onClose }: Props) {
  const isLockedOut = sets.some(({ problem }) => problem?.status === 401);
  return (
    <Dialog label="Sets of photos" width="640px" onClose={onClose} actions={<Button onClick={onClose}>Close</Button>}>
      <div className={styles.sets}>
        <div>
          <h2 className={styles.title}>Sets of photos</h2>
          <p className={styles.hint}>
            {`The server works on them by itself, also while this page is closed. ${isStored ? STORED : NOT_STORED}`}
          </p>
        </div>
        {isLockedOut && <KeyForm onKey={onKey} />}
        {[...sets].reverse().map(({ saved: { id, request }, batch, problem }) => (
          <div key={id} className={styles.set}>
            {problem && (
              <p className={styles.problem} role="alert">
                {inWords(problem).message}
              </p>
            )}
            {batch && (
              <SetCard
                batch={batch}
                apiKey={apiKey}
                onChanged={onChanged}
                onOpen={(job) => onOpen(job, request)}
                onRemoved={() => onRemoved(id)}
              />
            )}
            {problem?.status === 404 && <Button onClick={() => onRemoved(id)}>Forget this set</Button>}
          </div>
        ))}
      </div>
    </Dialog>
  );
}
