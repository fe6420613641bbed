"use client";

import type { Face } from "@/api/types";
import { FACE } from "@/hooks/useFaceKeys";
import { useShownWhen } from "@/hooks/useShownWhen";
import { blurInWords } from "@/photos/blur";
import { reasonInWords } from "@/photos/reasons";
import { Button } from "@/components/ui/Button";
import { Range } from "@/components/ui/Range";
import { useWords } from "@/words/context";
import styles from "./FoundFace.module.css";

type Props = {
  face: Face;
  number: number;
  /** The strength that this face will have. */
  strength: number;
  /** The strength for all faces. */
  all: number;
  /** The strength chosen for this face; undefined: the same as for all. */
  override: number | undefined;
  /** The smallest and the largest strength. */
  bounds: readonly [number, number];
  isSelected: boolean;
  onSelect: () => void;
  onOverride: (strength: number | null) => void;
  /** Removes the box that a person has drawn around the face; null: there is none. */
  onUnmark: (() => void) | null;
};

/** A face before the photo is restored: whether it is to be restored, and how strongly. */
export function FoundFace(props: Props) {
  const { face, number, strength, all, override, bounds, isSelected, onSelect, onOverride, onUnmark } = props;
  const t = useWords();
  const blur = blurInWords(face.blur, t);
  const id = `found-${number}`;
  const isRestored = strength > 0;
  const percent = t("options.percent", { value: Math.round(strength * 100) });
  const tick = (isTicked: boolean) => {
    if (!isTicked) onOverride(0);
    else onOverride(override === 0 && all > 0 ? null : all || 1);
  };
  const card = useShownWhen<HTMLElement>(isSelected);
  return (
    <article
      ref={card}
      className={`${styles.card} ${isSelected ? styles.selected : ""}`}
      aria-label={t("faces.name", { number })}
    >
      <div className={styles.head}>
        <span className={styles.number} aria-hidden="true">
          {number}
        </span>
        <label className={styles.tick}>
          <input type="checkbox" checked={isRestored} onChange={(event) => tick(event.target.checked)} />
          {t("faces.tick")}
        </label>
        <button
          type="button"
          className={styles.strength}
          {...{ [FACE]: number - 1 }}
          title={t("faces.strength")}
          aria-label={t("faces.strengthOf", { number, strength: percent })}
          aria-expanded={isSelected}
          aria-controls={id}
          onClick={onSelect}
        >
          {percent}
        </button>
      </div>
      {face.landmarks_estimated && <p className={styles.words}>{t("faces.estimated")}</p>}
      {!isRestored && <p className={styles.words}>{t("faces.left")}</p>}
      <div id={id} className={styles.more} hidden={!isSelected}>
        {blur !== null && <p className={styles.words}>{t("faces.is", { words: blur })}</p>}
        {!isRestored && face.action === "kept" && face.reason !== null && (
          <p className={styles.words}>{reasonInWords(face.reason, t)}</p>
        )}
        <Range
          label={t("faces.strength")}
          value={strength}
          bounds={bounds}
          stepsPerUnit={100}
          inWords={(value) => t("options.percent", { value })}
          onChange={onOverride}
        />
        <div className={styles.actions}>
          <Button kind="bare" disabled={override === undefined} onClick={() => onOverride(null)}>
            {t("faces.asForAll")}
          </Button>
          {onUnmark && <Button onClick={onUnmark}>{t("faces.removeBox")}</Button>}
        </div>
      </div>
    </article>
  );
}
