"use client";

import { lazy, Suspense, useState } from "react";
import { useNamePattern } from "@/hooks/useNamePattern";
import { bytesInWords } from "@/photos/bytes";
import { fileName, namedOf } from "@/photos/names";
import type { Photo, Result } from "@/photos/photo";
import { canShare, copyPicture, share } from "@/photos/sharing";
import { useLanguage } from "@/words/context";
import { said, type Message } from "@/words/words";
import { Button } from "@/components/ui/Button";
import { ErrorBoundary } from "@/components/ui/ErrorBoundary";
import { Icon } from "@/components/ui/Icon";
import button from "@/components/ui/Button.module.css";
import styles from "./ResultActions.module.css";

/** Loaded once they are asked for. */
const MoreActions = lazy(() => import("./MoreActions").then((loaded) => ({ default: loaded.MoreActions })));
const ZipButton = lazy(() => import("./ZipButton").then((loaded) => ({ default: loaded.ZipButton })));

type Props = {
  photo: Photo;
  result: Result;
  /** All photos of the page. */
  photos: readonly Photo[];
  isMain: boolean;
};

/** What can be done with a result: download, copy, share, and all of them as one ZIP. */
export function ResultActions({ photo, result, photos, isMain }: Props) {
  const { t, locale } = useLanguage();
  const [pattern, setPattern] = useNamePattern();
  const [isMore, setMore] = useState(false);
  const [notice, setNotice] = useState<{ of: Result; message: Message } | null>(null);
  const named = namedOf(photo, result, photos.indexOf(photo) + 1, photos.length);
  const name = fileName(pattern, named);
  const tell = (message: Message | null) => setNotice(message && { of: result, message });
  const copy = async () => tell((await copyPicture(result)) ?? { key: "actions.pictureCopied" });
  const shown = notice?.of === result ? notice.message : null;
  return (
    <div className={styles.result}>
      <div className={styles.actions}>
        <a
          className={`${button.button} ${isMain ? button.primary : button.plain} ${styles.download}`}
          href={result.url}
          download={name}
        >
          <Icon name="download" />
          {t("actions.download")}
        </a>
        <Button icon="copy" title={t("actions.copyPicture")} onClick={() => void copy()}>
          <span className={styles.label}>{t("actions.copyPicture")}</span>
        </Button>
        {canShare(result.blob) && (
          <Button icon="share" title={t("actions.share")} onClick={() => void share(result.blob, name).then(tell)}>
            <span className={styles.label}>{t("actions.share")}</span>
          </Button>
        )}
        <Button
          icon="more"
          iconOnly
          title={t("actions.more")}
          aria-expanded={isMore}
          onClick={() => setMore((before) => !before)}
        >
          {t("actions.more")}
        </Button>
      </div>
      <p className={styles.file}>
        <bdi>{name}</bdi> <span className={styles.size}>{bytesInWords(locale, result.blob.size)}</span>
      </p>
      <p role="status" className={styles.notice}>
        {shown && said(t, shown)}
      </p>
      <Suspense>
        {isMore && (
          <ErrorBoundary resetKey={result}>
            <MoreActions result={result} named={named} pattern={pattern} onPattern={setPattern} onNotice={tell} />
          </ErrorBoundary>
        )}
        {photos.filter((one) => one.result !== null).length > 1 && (
          <ErrorBoundary resetKey={result}>
            <ZipButton photos={photos} pattern={pattern} />
          </ErrorBoundary>
        )}
      </Suspense>
    </div>
  );
}
