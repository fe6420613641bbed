"use client";

import { lazy, Suspense, useState } from "react";
import type { Lasting } from "@/hooks/useLasting";
import { Button } from "@/components/ui/Button";
import { useWords } from "@/words/context";
import styles from "./KeptButton.module.css";

/** Loaded once it is opened. */
const KeptDialog = lazy(() => import("./KeptDialog").then(({ KeptDialog }) => ({ default: KeptDialog })));

/** Tells whether photos and results are kept in this browser, and opens the setting. */
export function KeptButton({ lasting }: { lasting: Lasting }) {
  const t = useWords();
  const [isOpen, setOpen] = useState(false);
  const isKept = lasting.isOn && lasting.fault === null;
  return (
    <div className={styles.kept}>
      <Button kind="bare" icon="disk" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {t(isKept ? "lasting.title" : "lasting.off")}
      </Button>
      {isOpen && (
        <Suspense>
          <KeptDialog lasting={lasting} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}
