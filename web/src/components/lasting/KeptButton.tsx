"use client";

import { lazy, Suspense, useState } from "react";
import type { Lasting } from "@/hooks/useLasting";
import { Button } from "@/components/ui/Button";

/** Loaded once it is opened. */
const KeptDialog = lazy(() => import("./KeptDialog").then(({ KeptDialog }) => ({ default: KeptDialog })));

/** Tells whether photos and results are kept in this browser, and opens the setting. */
export function KeptButton({ lasting }: { lasting: Lasting }) {
  const [isOpen, setOpen] = useState(false);
  const isKept = lasting.isOn && lasting.fault === null;
  return (
    <>
      <Button kind="bare" icon="disk" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {isKept ? "Kept in this browser" : "Not kept in this browser"}
      </Button>
      {isOpen && (
        <Suspense>
          <KeptDialog lasting={lasting} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
