"use client";

import type { Lasting } from "@/hooks/useLasting";
import { Button } from "@/components/ui/Button";
import { useWords } from "@/words/context";
import styles from "./KeptButton.module.css";

type Props = { lasting: Pick<Lasting, "isOn" | "fault">; onOpen: () => void };

/** Tells whether photos and results are kept in this browser, and opens the setting. */
export function KeptButton({ lasting: { isOn, fault }, onOpen }: Props) {
  const t = useWords();
  return (
    <div className={styles.kept}>
      <Button kind="bare" icon="disk" aria-haspopup="dialog" onClick={onOpen}>
        {t(isOn && fault === null ? "lasting.title" : "lasting.off")}
      </Button>
    </div>
  );
}
