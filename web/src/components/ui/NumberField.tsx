"use client";

import { useId, useState } from "react";
import { useWords } from "@/words/context";
import styles from "./NumberField.module.css";

type Props = {
  label: string;
  value: number;
  /** The smallest and the largest value. */
  bounds: readonly [number, number];
  onChange: (value: number) => void;
};

/** A whole number to type. Text that is none within the bounds changes nothing; it is replaced when the field is left. */
export function NumberField({ label, value, bounds, onChange }: Props) {
  const t = useWords();
  const id = useId();
  const [least, most] = bounds;
  const [text, setText] = useState<string | null>(null); // null: nothing is being typed
  const shown = text ?? String(value);
  const numberIn = (typed: string) => (/^\d+$/.test(typed) ? Number(typed) : NaN);
  const isWithin = (number: number) => number >= least && number <= most;
  const isValid = isWithin(numberIn(shown));
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <input
        id={id}
        className={styles.input}
        type="text"
        inputMode="numeric"
        autoComplete="off"
        value={shown}
        aria-invalid={!isValid}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          const typed = event.target.value.trim();
          setText(typed);
          if (isWithin(numberIn(typed))) onChange(numberIn(typed));
        }}
        onBlur={() => setText(null)}
      />
      <p id={`${id}-hint`} className={`${styles.hint} ${isValid ? "" : styles.invalid}`}>
        {t("options.wholeNumber", { least, most })}
      </p>
    </div>
  );
}
