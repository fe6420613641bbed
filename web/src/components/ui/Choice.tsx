"use client";

import { useId } from "react";
import styles from "./Choice.module.css";

type Props<T extends string> = {
  legend: string;
  /** Null: none of the choices. */
  value: T | null;
  /** Value → label. */
  choices: Readonly<Record<T, string>>;
  /** Value → a second line under its label. With hints the choices are rows. */
  hints?: Readonly<Partial<Record<T, string>>>;
  /** Values that cannot be chosen now. */
  disabled?: readonly T[];
  /** A line under the choices. */
  note?: string | undefined;
  onChange: (value: T) => void;
};

/** Radio buttons for a few values. */
export function Choice<T extends string>({ legend, value, choices, hints, disabled = [], note, onChange }: Props<T>) {
  const name = useId();
  return (
    <fieldset aria-describedby={note === undefined ? undefined : `${name}-note`}>
      <legend className={styles.legend}>{legend}</legend>
      <div className={`${styles.choices} ${hints === undefined ? "" : styles.rows}`}>
        {(Object.entries(choices) as [T, string][]).map(([choice, words]) => (
          <label key={choice} className={styles.choice}>
            <input
              type="radio"
              name={name}
              value={choice}
              checked={choice === value}
              disabled={disabled.includes(choice)}
              onChange={() => onChange(choice)}
            />
            <span className={styles.words}>
              {words}
              {hints?.[choice] !== undefined && <span className={styles.hint}> {hints[choice]}</span>}
            </span>
          </label>
        ))}
      </div>
      {note !== undefined && (
        <p id={`${name}-note`} className={styles.note}>
          {note}
        </p>
      )}
    </fieldset>
  );
}
