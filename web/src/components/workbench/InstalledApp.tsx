"use client";

import { useServiceWorker } from "@/hooks/useServiceWorker";
import { useShared } from "@/hooks/useShared";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { useWords } from "@/words/context";

type Props = {
  /** Whether photos can be checked, which needs the server's limits. */
  isReady: boolean;
  onFiles: (files: File[]) => void;
};

/** What the page does as an app on a home screen: it opens without the server, and takes photos that other apps share. */
export function InstalledApp({ isReady, onFiles }: Props) {
  const t = useWords();
  useServiceWorker();
  const { shared, onAdd, onDiscard, onClose } = useShared(isReady, onFiles);
  if (shared === null) return null;
  const isQuestion = shared.kind === "asks";
  return (
    <Dialog
      label={t("share.title")}
      width="26em"
      onClose={onClose}
      actions={
        isQuestion ? (
          <>
            <Button onClick={onDiscard}>{t("share.discard")}</Button>
            <Button kind="primary" onClick={onAdd}>
              {t("share.add")}
            </Button>
          </>
        ) : (
          <Button onClick={onClose}>{t("share.close")}</Button>
        )
      }
    >
      <p>{isQuestion ? t("share.question", { count: shared.count }) : t("share.failed")}</p>
    </Dialog>
  );
}
