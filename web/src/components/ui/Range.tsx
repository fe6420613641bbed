"use client";

import { useId } from "react";
import styles from "./Range.module.css";

type Props = {
  label: string;
  hint?: string;
  value: number;
  /** The smallest and the largest value. */
  bounds: readonly [number, number];
  /** How many steps of the slider make 1. The number of steps is what the page shows: 100 for a percentage. */
  stepsPerUnit?: number;
  unit?: string;
  /** How a number of steps is said, if a unit after it is not enough. */
  inWords?: (steps: number) => string;
  onChange: (value: number) => void;
};

export function Range({ label, hint, value, bounds, stepsPerUnit = 1, unit = "", inWords, onChange }: Props) {
  const id = useId();
  const [min, max, steps] = [...bounds, value].map((number) => Math.round(number * stepsPerUnit));
  const said = inWords?.(steps ?? 0) ?? `${steps}${unit}`;
  return (
    <div>
      <div className={styles.head}>
        <label htmlFor={id} className={styles.label}>
          {label}
        </label>
        <span aria-hidden="true">{said}</span>
      </div>
      <input
        id={id}
        className={styles.range}
        type="range"
        min={min}
        max={max}
        step={1}
        value={steps}
        aria-valuetext={said}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => onChange(Number(event.target.value) / stepsPerUnit)}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}
