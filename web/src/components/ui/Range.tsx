"use client";

import { useId } from "react";
import styles from "./Range.module.css";

type Props = {
  label: string;
  hint?: string;
  /** In [`least`, 1]; shown in percent. */
  value: number;
  least?: number;
  unit?: string;
  onChange: (value: number) => void;
};

export function Range({ label, hint, value, least = 0, unit = " %", onChange }: Props) {
  const id = useId();
  const percent = Math.round(value * 100);
  return (
    <div>
      <div className={styles.head}>
        <label htmlFor={id} className={styles.label}>
          {label}
        </label>
        <span aria-hidden="true">
          {percent}
          {unit}
        </span>
      </div>
      <input
        id={id}
        className={styles.range}
        type="range"
        min={Math.round(least * 100)}
        max={100}
        step={1}
        value={percent}
        aria-valuetext={`${percent}${unit}`}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => onChange(Number(event.target.value) / 100)}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}
