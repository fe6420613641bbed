"use client";

import { useRef, useState } from "react";
import { bytesInWords } from "@/photos/bytes";
import { fileName, namedOf, today, unique } from "@/photos/names";
import type { Photo } from "@/photos/photo";
import { bytesOf, saveZip, type Entry } from "@/photos/zip";
import { useLanguage } from "@/words/context";
import type { MessageKey } from "@/words/words";
import { Button } from "@/components/ui/Button";
import styles from "./ZipButton.module.css";

type Props = {
  /** All photos of the page; those with a result are saved. */
  photos: readonly Photo[];
  pattern: string;
};

/** Saves all results as one ZIP, to its end also if a person goes on to a photo without a result, and it is not shown. */
export function ZipButton({ photos, pattern }: Props) {
  const { t, locale } = useLanguage();
  const [fraction, setFraction] = useState<number | null>(null);
  const [ended, setEnded] = useState<MessageKey | null>(null);
  const controller = useRef<AbortController | null>(null);
  const entries = entriesOf(photos, pattern);
  const words = t("actions.zipOf", { count: entries.length, size: bytesInWords(locale, bytesOf(entries)) });

  const save = async () => {
    const { signal } = (controller.current = new AbortController());
    setFraction(0);
    setEnded(null);
    const settings = { signal, onProgress: (done: number) => setFraction(Math.floor(done * 100) / 100) };
    const outcome = await saveZip(entries, `likeness-${today()}.zip`, settings).then(
      (isSaved) => (isSaved ? "actions.zipSaved" : null),
      () => (signal.aborted ? "actions.zipCancelled" : "actions.zipFailed"),
    );
    setFraction(null);
    setEnded(outcome);
  };
  return (
    <div className={styles.zip}>
      {fraction === null ? (
        <Button icon="download" onClick={() => void save()}>
          {t("actions.zip")}
        </Button>
      ) : (
        <div className={styles.work}>
          <progress className={styles.progress} aria-label={t("actions.zipping")} max={1} value={fraction} />
          <Button icon="close" onClick={() => controller.current?.abort()}>
            {t("actions.cancel")}
          </Button>
        </div>
      )}
      <p className={styles.words}>{words}</p>
      <p role="status" className={styles.words}>
        {ended !== null && t(ended)}
      </p>
    </div>
  );
}

function entriesOf(photos: readonly Photo[], pattern: string): Entry[] {
  const found = photos.flatMap((photo, index) => {
    const { result } = photo;
    if (result === null) return [];
    return [{ name: fileName(pattern, namedOf(photo, result, index + 1, photos.length)), blob: result.blob }];
  });
  const names = unique(found.map(({ name }) => name));
  return found.map(({ name, blob }, index) => ({ name: names[index] ?? name, blob }));
}
