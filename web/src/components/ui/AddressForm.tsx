"use client";

import { useId, useState, type SubmitEvent } from "react";
import styles from "./AddressForm.module.css";
import { Button } from "./Button";

type Props = {
  /** Takes what was typed; false: it is no address. */
  onAddress: (text: string) => boolean;
  label?: string;
};

/** A field for the address of a photo on the web. */
export function AddressForm({ onAddress, label = "Address of a photo on the web" }: Props) {
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
        {label}
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
        Add
      </Button>
      <p id={`${id}-hint`} className={styles.hint}>
        The server fetches the photo from there.
      </p>
      {isRefused && (
        <p className={styles.refused} role="alert">
          This is no address of the web, such as https://example.org/photo.jpg.
        </p>
      )}
    </form>
  );
}
