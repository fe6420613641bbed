"use client";

import { useEffect, useState } from "react";
import type { Lasting } from "@/hooks/useLasting";
import { Button } from "@/components/ui/Button";
import { Check } from "@/components/ui/Check";
import { Dialog } from "@/components/ui/Dialog";
import { faultInWords } from "./faultInWords";
import styles from "./KeptDialog.module.css";

type Props = { lasting: Lasting; onClose: () => void };

/** What this browser keeps, how large that is, and how to keep nothing. */
export function KeptDialog({ lasting, onClose }: Props) {
  const { isOn, turn, fault, bytes, deleteAll } = lasting;
  const [size, setSize] = useState<number | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [isFailed, setFailed] = useState(false);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isWanted = true;
    bytes().then(
      (found) => isWanted && setSize(found),
      () => isWanted && setSize(null), // the line about it is left out
    );
    return () => {
      isWanted = false;
    };
  }, [bytes, round]);

  const remove = async () => {
    setAsking(false);
    setFailed(false);
    await deleteAll().catch(() => setFailed(true));
    setRound(round + 1);
  };
  return (
    <Dialog
      label="Kept in this browser"
      width="520px"
      onClose={onClose}
      actions={<Button onClick={onClose}>Close</Button>}
    >
      <div className={styles.kept}>
        <h2 className={styles.title}>Kept in this browser</h2>
        <Check
          isChecked={isOn}
          hint="Photos and results are back after a reload. They stay in this browser; nothing leaves the computer but to this server. Turned off, what is kept is deleted at once."
          onChange={turn}
        >
          Keep photos and results
        </Check>
        {fault && (
          <p className={styles.problem} role="alert">
            {faultInWords(fault)}
          </p>
        )}
        {isOn && size !== null && (
          <p className={styles.size} role="status">
            {sizeInWords(size)}
          </p>
        )}
        {isFailed && (
          <p className={styles.problem} role="alert">
            {faultInWords("undeleted")}
          </p>
        )}
        {isAsking ? (
          <div className={styles.question} role="alert">
            <p>Delete all photos and results, here and in other tabs of this page?</p>
            <div className={styles.actions}>
              <Button kind="primary" onClick={() => void remove()}>
                Delete them
              </Button>
              <Button onClick={() => setAsking(false)}>Keep them</Button>
            </div>
          </div>
        ) : (
          isOn && size !== null && size > 0 && <Button onClick={() => setAsking(true)}>Delete all</Button>
        )}
      </div>
    </Dialog>
  );
}

function sizeInWords(bytes: number): string {
  if (bytes === 0) return "Nothing is kept now.";
  return `${bytes < 1e5 ? "Less than 0.1" : (bytes / 1e6).toFixed(1)} MB on this computer’s disk, those of other tabs included.`;
}
