"use client";

import { neighbourOf, numberOf } from "@/photos/history";
import { useHistoryKeys } from "@/hooks/useHistoryKeys";
import type { Photo, Result } from "@/photos/photo";
import type { Pictures, Shown, Sides } from "@/photos/versions";
import { Button } from "@/components/ui/Button";
import { useWords } from "@/words/context";
import styles from "./HistoryBar.module.css";
import { SidesBar } from "./SidesBar";
import { VersionsMenu } from "./VersionsMenu";

export type History = {
  photo: Photo;
  onResult: (result: Result) => void;
  /** Chooses the settings again that made a result. */
  onSettings: (result: Result) => void;
};

type Props = History & { pictures: Pictures; shown: Shown; onSides: (sides: Sides) => void };

/** Goes through all results of a photo; nothing while it has one. */
export function HistoryBar({ pictures, shown, onSides, ...history }: Props) {
  const t = useWords();
  const { photo, onResult } = history;
  const { result, results, letGo } = photo;
  const [older, newer] = [neighbourOf(photo, -1), neighbourOf(photo, 1)];
  useHistoryKeys((by) => {
    const other = by < 0 ? older : newer;
    if (other) onResult(other);
  });
  if (results.length < 2 || result === null) return null;
  return (
    <div className={styles.bar} role="group" aria-label={t("viewer.history.name")}>
      <span className={styles.steps}>
        <Step
          icon="undo"
          name={t("viewer.history.undo")}
          why={t("viewer.history.undoWhy")}
          to={older}
          onResult={onResult}
        />
        <Step
          icon="redo"
          name={t("viewer.history.redo")}
          why={t("viewer.history.redoWhy")}
          to={newer}
          onResult={onResult}
        />
      </span>
      <VersionsMenu {...history} pictures={pictures}>
        <SidesBar pictures={pictures} shown={shown} onSides={onSides} />
      </VersionsMenu>
      <span role="status" className="visually-hidden">
        {t("viewer.history.shown", { number: numberOf(photo, result), count: letGo + results.length })}
      </span>
    </div>
  );
}

type StepProps = {
  icon: "undo" | "redo";
  name: string;
  why: string;
  to: Result | null;
  onResult: (result: Result) => void;
};

function Step({ icon, name, why, to, onResult }: StepProps) {
  // Not `disabled`, which would take the focus from who goes on with the keyboard.
  return (
    <Button kind="bare" icon={icon} iconOnly title={why} aria-disabled={to === null} onClick={() => to && onResult(to)}>
      {name}
    </Button>
  );
}
