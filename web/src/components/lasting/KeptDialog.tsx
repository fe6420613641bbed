"use client";

import { useEffect, useState } from "react";
import type { Lasting } from "@/hooks/useLasting";
import { Button } from "@/components/ui/Button";
import { Check } from "@/components/ui/Check";
import { Dialog } from "@/components/ui/Dialog";
import { useWords } from "@/words/context";
import type { Words } from "@/words/words";
import styles from "./KeptDialog.module.css";

type Props = { lasting: Lasting; onClose: () => void };

/** What this browser keeps, how large that is, and how to keep nothing. */
export function KeptDialog({ lasting, onClose }: Props) {
  const { isOn, turn, fault, bytes, deleteAll } = lasting;
  const t = useWords();
  const [size, setSize] = useState<number | "unknown" | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [isFailed, setFailed] = useState(false);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isWanted = true;
    bytes().then(
      (found) => isWanted && setSize(found),
      () => isWanted && setSize("unknown"),
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
      label={t("lasting.title")}
      width="520px"
      onClose={onClose}
      actions={<Button onClick={onClose}>{t("lasting.close")}</Button>}
    >
      <div className={styles.kept}>
        <h2 className={styles.title}>{t("lasting.title")}</h2>
        <Check isChecked={isOn} hint={t("lasting.hint")} onChange={turn}>
          {t("lasting.keep")}
        </Check>
        {fault && (
          <p className={styles.problem} role="alert">
            {t(`lasting.faults.${fault}`)}
          </p>
        )}
        {isOn && size !== null && size !== "unknown" && (
          <p className={styles.size} role="status">
            {sizeInWords(size, t)}
          </p>
        )}
        {isFailed && (
          <p className={styles.problem} role="alert">
            {t("lasting.faults.undeleted")}
          </p>
        )}
        {isAsking ? (
          <div className={styles.question} role="alert">
            <p>{t("lasting.question")}</p>
            <div className={styles.actions}>
              <Button kind="primary" onClick={() => void remove()}>
                {t("lasting.delete")}
              </Button>
              <Button onClick={() => setAsking(false)}>{t("lasting.leave")}</Button>
            </div>
          </div>
        ) : (
          isOn &&
          size !== null &&
          size !== 0 && <Button onClick={() => setAsking(true)}>{t("lasting.deleteAll")}</Button>
        )}
      </div>
    </Dialog>
  );
}

function sizeInWords(bytes: number, t: Words): string {
  if (bytes === 0) return t("lasting.nothing");
  return bytes < 1e5 ? t("lasting.little") : t("lasting.size", { megabytes: bytes / 1e6 });
}
