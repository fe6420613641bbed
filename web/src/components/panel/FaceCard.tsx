"use client";

import type { Face } from "@/api/types";
import { FACE } from "@/hooks/useFaceKeys";
import { useShownWhen } from "@/hooks/useShownWhen";
import { blurInWords } from "@/photos/blur";
import { likeness, likenessInWords, type Scale } from "@/photos/figures";
import { reasonInWords } from "@/photos/reasons";
import { Button } from "@/components/ui/Button";
import { Range } from "@/components/ui/Range";
import { useWords } from "@/words/context";
import type { MessageKey } from "@/words/words";
import styles from "./FaceCard.module.css";

type Props = {
  face: Face;
  number: number;
  /** The scale of `face.identity_similarity`. */
  scale: Scale;
  /** Whether the result is larger than the photo. */
  isEnlarged: boolean;
  isSelected: boolean;
  /** The strength chosen for this face; undefined: the same as for all. */
  override: number | undefined;
  /** Whether the override was chosen after the result was made. */
  isPending: boolean;
  /** The strength for all faces. */
  strength: number;
  /** The smallest and the largest strength. */
  bounds: readonly [number, number];
  /** Why this face cannot have its own strength now; null: it can. */
  obstacle: string | null;
  onSelect: () => void;
  onOverride: (strength: number | null) => void;
  /** Removes the box that a person has drawn around the face; null: there is none. */
  onUnmark: (() => void) | null;
};

const ACTIONS = {
  restored: "faces.actions.restored",
  softened: "faces.actions.softened",
  unchanged: "faces.actions.unchanged",
  kept: "faces.actions.kept",
} as const satisfies Record<Face["action"], MessageKey>;

/** What was done with one face, and the controls to change it. */
export function FaceCard({
  face,
  number,
  scale,
  isEnlarged,
  isSelected,
  override,
  isPending,
  strength,
  bounds,
  obstacle,
  onSelect,
  onOverride,
  onUnmark,
}: Props) {
  const t = useWords();
  const similarity = face.identity_similarity;
  const explained = similarity === null ? null : likenessInWords(similarity, scale, t);
  const action = face.action === "kept" && isEnlarged ? "faces.actions.keptEnlarged" : ACTIONS[face.action];
  const blur = blurInWords(face.blur, t);
  const isRestored = face.action === "restored" || face.action === "softened";
  const id = `face-${number}`;
  // A face that was kept will be kept again, unless the override that kept it has been removed since.
  const isLeft = face.action === "kept" && !isPending;
  const wanted = override ?? (isLeft ? 0 : strength);
  const toggle = () => {
    if (wanted > 0) onOverride(0);
    else onOverride(override === 0 ? null : strength || 1);
  };
  const card = useShownWhen<HTMLElement>(isSelected);
  return (
    <article
      ref={card}
      className={`${styles.card} ${isSelected ? styles.selected : ""}`}
      aria-label={t("faces.name", { number })}
    >
      <button
        type="button"
        className={styles.head}
        {...{ [FACE]: number - 1 }}
        aria-expanded={isSelected}
        aria-controls={`${id}-more`}
        onClick={onSelect}
      >
        <span className={styles.number}>{number}</span>
        <span className={styles.what}>
          <span className={styles.action}>{t(action)}</span>
          {face.reason !== null && <span className={styles.reason}>{reasonInWords(face.reason, t)}</span>}
          {blur !== null && <span className={styles.reason}>{t("faces.was", { words: blur })}</span>}
        </span>
        <span className={styles.numbers}>
          {isRestored && <span>{t("options.percent", { value: Math.round(face.strength * 100) })}</span>}
          {similarity !== null && (
            <span className={styles.similarity}>
              {t("faces.similarity", { value: similarity, words: likeness(similarity, scale, t) })}
            </span>
          )}
        </span>
      </button>
      <div id={`${id}-more`} className={styles.more} hidden={!isSelected}>
        {explained !== null && <p className={styles.reason}>{explained}</p>}
        {obstacle === null ? (
          <>
            <Range
              label={t("faces.strength")}
              value={wanted}
              bounds={bounds}
              stepsPerUnit={100}
              inWords={(value) => t("options.percent", { value })}
              onChange={onOverride}
            />
            <div className={styles.actions}>
              <Button aria-pressed={wanted === 0} onClick={toggle}>
                {t("faces.leave")}
              </Button>
              <Button kind="bare" disabled={override === undefined} onClick={() => onOverride(null)}>
                {t("faces.asForAll")}
              </Button>
            </div>
            {wanted === 0 && <p className={styles.reason}>{t("faces.left")}</p>}
          </>
        ) : (
          <p className={styles.reason}>{obstacle}</p>
        )}
        {isPending && <p className={styles.pending}>{t("faces.pending")}</p>}
        {face.landmarks_estimated && <p className={styles.reason}>{t("faces.estimated")}</p>}
        {onUnmark && (
          <div className={styles.actions}>
            <Button onClick={onUnmark}>{t("faces.removeBox")}</Button>
          </div>
        )}
      </div>
    </article>
  );
}
