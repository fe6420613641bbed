"use client";

import { useId, useState } from "react";
import { isKey } from "@/api/client";
import { useWords } from "@/words/context";
import { Button } from "@/components/ui/Button";
import styles from "./KeyForm.module.css";

/** A field for the API key. */
export function KeyForm({ onKey }: { onKey: (key: string) => void }) {
  const t = useWords();
  const id = useId();
  const [isInvalid, setInvalid] = useState(false);
  const send = (data: FormData) => {
    const key = String(data.get("key") ?? "").trim();
    if (isKey(key)) onKey(key);
    else setInvalid(true);
  };
  return (
    <form action={send} className={styles.form}>
      <label htmlFor={id}>{t("problems.key")}</label>
      <input id={id} name="key" type="password" autoComplete="off" required className={styles.field} />
      <Button kind="primary" type="submit">
        {t("problems.useKey")}
      </Button>
      {isInvalid && (
        <p className={styles.invalid} role="alert">
          {t("problems.noKey")}
        </p>
      )}
    </form>
  );
}
