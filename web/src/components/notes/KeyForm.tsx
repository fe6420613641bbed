"use client";

import { useId, useState } from "react";
import { isKey } from "@/api/client";
import { Button } from "@/components/ui/Button";
import styles from "./KeyForm.module.css";

/** A field for the API key. */
export function KeyForm({ onKey }: { onKey: (key: string) => void }) {
  const id = useId();
  const [isInvalid, setInvalid] = useState(false);
  const send = (data: FormData) => {
    const key = String(data.get("key") ?? "").trim();
    if (isKey(key)) onKey(key);
    else setInvalid(true);
  };
  return (
    <form action={send} className={styles.form}>
      <label htmlFor={id}>API key</label>
      <input id={id} name="key" type="password" autoComplete="off" required className={styles.field} />
      <Button kind="primary" type="submit">
        Use it
      </Button>
      {isInvalid && (
        <p className={styles.invalid} role="alert">
          A key has only letters, digits and signs of plain English text, and no spaces.
        </p>
      )}
    </form>
  );
}
