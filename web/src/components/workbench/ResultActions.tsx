"use client";

import { useState } from "react";
import { downloadName, factsText } from "@/photos/download";
import type { Photo, Result } from "@/photos/photo";
import { useWords } from "@/words/context";
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import button from "@/components/ui/Button.module.css";
import styles from "./ActionBar.module.css";

type Props = {
  photo: Photo;
  result: Result;
  /** All photos that have a result. */
  done: readonly Photo[];
  isMain: boolean;
};

const CONFIRMATION_MS = 2000;

/** Download and copy. */
export function ResultActions({ photo, result, done, isMain }: Props) {
  const t = useWords();
  const [copied, setCopied] = useState<"no" | "yes" | "refused">("no");
  const copy = async () => {
    // Without TLS `clipboard` is undefined; an async function turns that error into a rejection.
    const write = async () => navigator.clipboard.writeText(factsText(result));
    const outcome = await write().then(
      () => "yes" as const,
      () => "refused" as const,
    );
    setCopied(outcome);
    setTimeout(() => setCopied("no"), CONFIRMATION_MS);
  };
  const words = { no: t("actions.copyJson"), yes: t("actions.copied"), refused: t("actions.notAllowed") };
  return (
    <div className={styles.actions}>
      <a
        className={`${button.button} ${isMain ? button.primary : button.plain}`}
        href={result.url}
        download={downloadName(photo.name, result.facts.media_type)}
      >
        <Icon name="download" />
        {t("actions.download")}
      </a>
      <Button icon="copy" title={t("actions.copyJsonTitle")} onClick={copy}>
        {words[copied]}
      </Button>
      {done.length > 1 && (
        <Button icon="download" onClick={() => done.forEach(download)}>
          {t("actions.downloadAll", { count: done.length })}
        </Button>
      )}
      <span role="status" className="visually-hidden">
        {copied === "no" ? "" : words[copied]}
      </span>
    </div>
  );
}

function download({ name, result }: Photo): void {
  if (result === null) return;
  const link = document.createElement("a");
  link.href = result.url;
  link.download = downloadName(name, result.facts.media_type);
  link.click();
}
