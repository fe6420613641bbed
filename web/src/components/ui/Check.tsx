"use client";

import { useId, type ReactNode } from "react";
import styles from "./Check.module.css";

type Props = {
  isChecked: boolean;
  isDisabled?: boolean;
  hint: string;
  onChange: (isChecked: boolean) => void;
  children: ReactNode;
};

/** A checkbox with a line under it that says what it does. */
export function Check({ isChecked, isDisabled = false, hint, onChange, children }: Props) {
  const id = useId();
  return (
    <div>
      <label className={styles.words}>
        <input
          type="checkbox"
          checked={isChecked}
          disabled={isDisabled}
          aria-describedby={id}
          onChange={(event) => onChange(event.target.checked)}
        />
        {children}
      </label>
      <p id={id} className={styles.hint}>
        {hint}
      </p>
    </div>
  );
}
