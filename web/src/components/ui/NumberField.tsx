"use client";

import { useId, useState } from "react";
import { useLanguage } from "@/words/context";
import { typedNumber } from "@/words/typedNumber";
import styles from "./NumberField.module.css";

type Props = {
  label: string;
  value: number;
  /** The smallest and the largest value. */
  bounds: readonly [number, number];
  /** How many decimals may be typed. */
  decimals?: number;
  /** What may be typed, in words. */
  hint: string;
  onChange: (value: number) => void;
};

/** A number to type. Text that is none within the bounds changes nothing; it is replaced when the field is left. */
export function NumberField({ label, value, bounds, decimals = 0, hint, onChange }: Props) {
  const { locale } = useLanguage();
  const id = useId();
  const [least, most] = bounds;
  const [text, setText] = useState<string | null>(null); // null: nothing is being typed
  const written = new Intl.NumberFormat(locale, { useGrouping: false, maximumFractionDigits: decimals }).format(value);
  const shown = text ?? written;
  const isWithin = (number: number) => number >= least && number <= most;
  const isValid = text === null || isWithin(typedNumber(text, decimals));
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <input
        id={id}
        className={styles.input}
        type="text"
        inputMode={decimals === 0 ? "numeric" : "decimal"}
        autoComplete="off"
        value={shown}
        aria-invalid={!isValid}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          const typed = event.target.value.trim();
          setText(typed);
          const number = typedNumber(typed, decimals);
          if (isWithin(number)) onChange(number);
        }}
        onBlur={() => setText(null)}
      />
      <p id={`${id}-hint`} className={`${styles.hint} ${isValid ? "" : styles.invalid}`}>
        {hint}
      </p>
    </div>
  );
}
