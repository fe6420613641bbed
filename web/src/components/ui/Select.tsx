"use client";

import styles from "./Select.module.css";

type Props<T extends string> = {
  /** The accessible name; what is beside it says it to the eye. */
  label: string;
  value: T;
  /** Value and words, in their order. */
  choices: readonly (readonly [value: T, words: string])[];
  onChange: (value: T) => void;
};

/** One of a few values where there is no room for radio buttons. */
export function Select<T extends string>({ label, value, choices, onChange }: Props<T>) {
  return (
    <select
      className={styles.select}
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value as T)}
    >
      {choices.map(([choice, words]) => (
        <option key={choice} value={choice}>
          {words}
        </option>
      ))}
    </select>
  );
}
