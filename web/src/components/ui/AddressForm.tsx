"use client";

import { useId, useState, type SubmitEvent } from "react";
import { useWords } from "@/words/context";
import styles from "./AddressForm.module.css";
import { Button } from "./Button";

type Props = {
  /** Takes what was typed; false: it is no address. */
  onAddress: (text: string) => boolean;
  label?: string;
};

/** A field for the address of a photo on the web. */
export function AddressForm({ onAddress, label }: Props) {
  const t = useWords();
  const id = useId();
  const [text, setText] = useState("");
  const [isRefused, setRefused] = useState(false);
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const isTaken = onAddress(text);
    setRefused(!isTaken);
    if (isTaken) setText("");
  };
  return (
    <form className={styles.form} onSubmit={send} noValidate>
      <label htmlFor={id} className={styles.label}>
        {label ?? t("welcome.address.label")}
      </label>
      <input
        id={id}
        className={styles.field}
        type="url"
        autoComplete="off"
        placeholder="https://"
        value={text}
        aria-invalid={isRefused}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          setText(event.target.value);
          setRefused(false);
        }}
      />
      <Button type="submit" disabled={text.trim() === ""}>
        {t("welcome.address.add")}
      </Button>
      <p id={`${id}-hint`} className={styles.hint}>
        {t("welcome.address.hint")}
      </p>
      {isRefused && (
        <p className={styles.refused} role="alert">
          {t("welcome.address.refused")}
        </p>
      )}
    </form>
  );
}
