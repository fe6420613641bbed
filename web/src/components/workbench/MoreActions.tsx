"use client";

import { useId, useRef } from "react";
import { bytesInWords } from "@/photos/bytes";
import { factsText } from "@/photos/download";
import { DEFAULT_PATTERN, fileName, TOKENS, type Named, type Token } from "@/photos/names";
import type { Result } from "@/photos/photo";
import { copyText } from "@/photos/sharing";
import { useLanguage } from "@/words/context";
import type { Message } from "@/words/words";
import { Button } from "@/components/ui/Button";
import styles from "./MoreActions.module.css";

type Props = {
  result: Result;
  named: Named;
  pattern: string;
  /** Null: the usual one. */
  onPattern: (pattern: string | null) => void;
  onNotice: (message: Message) => void;
};

/** What few people need of a result: its figures as text, and how files are named. */
export function MoreActions({ result, named, pattern, onPattern, onNotice }: Props) {
  const { t, locale } = useLanguage();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const copy = async () => onNotice((await copyText(factsText(result))) ?? { key: "actions.figuresCopied" });
  const insert = (token: Token) => {
    const { selectionStart, selectionEnd } = field.current ?? {};
    const [start, end] = [selectionStart ?? pattern.length, selectionEnd ?? pattern.length];
    onPattern(`${pattern.slice(0, start)}{${token}}${pattern.slice(end)}`);
    field.current?.focus();
  };
  return (
    <div className={styles.more} role="group" aria-label={t("actions.more")}>
      <Button icon="copy" onClick={() => void copy()}>
        {t("actions.copyFigures")}
      </Button>
      <div className={styles.names}>
        <label htmlFor={id}>{t("actions.pattern")}</label>
        <input
          ref={field}
          id={id}
          className={styles.field}
          dir="ltr"
          value={pattern}
          maxLength={200}
          spellCheck={false}
          autoComplete="off"
          aria-describedby={`${id}-preview`}
          onChange={({ target }) => onPattern(target.value)}
        />
        <p id={`${id}-preview`} className={styles.preview}>
          {t.rich("actions.preview", { file: () => <bdi>{fileName(pattern, named)}</bdi> })} ·{" "}
          {bytesInWords(locale, result.blob.size)}
        </p>
        <div className={styles.tokens} role="group" aria-label={t("actions.insert")}>
          {TOKENS.map((token) => (
            <button key={token} type="button" className={styles.token} onClick={() => insert(token)}>
              {t(`actions.tokens.${token}`)}
            </button>
          ))}
          {pattern !== DEFAULT_PATTERN && (
            <button type="button" className={styles.token} onClick={() => onPattern(null)}>
              {t("actions.usualNames")}
            </button>
          )}
        </div>
      </div>
    </div>
  );
}
