"use client";

import { useEffect, useRef } from "react";
import { useWords } from "@/words/context";
import styles from "./MarkButton.module.css";
import { Button } from "@/components/ui/Button";

type Props = { isMarking: boolean; isDisabled: boolean; onToggle: () => void };

/** Begins and ends the drawing of a box around a face. */
export function MarkButton({ isMarking, isDisabled, onToggle }: Props) {
  const t = useWords();
  const button = useRef<HTMLButtonElement>(null);
  const wasMarking = useRef(false);
  useEffect(() => {
    // The layer that had the focus is gone; a person with a keyboard goes on from here.
    if (wasMarking.current && !isMarking && document.activeElement === document.body) button.current?.focus();
    wasMarking.current = isMarking;
  }, [isMarking]);
  return (
    <span className={styles.mark}>
      <Button
        ref={button}
        kind="bare"
        icon="mark"
        aria-pressed={isMarking}
        disabled={isDisabled}
        title={t("viewer.mark.why")}
        onClick={onToggle}
      >
        {t("viewer.mark.button")}
      </Button>
    </span>
  );
}
