"use client";

import { createPortal } from "react-dom";
import { useImage } from "@/hooks/useImage";
import type { Result } from "@/photos/photo";
import type { Picture, Pictures, Sides } from "@/photos/versions";
import { useWords } from "@/words/context";
import { FacePair } from "./FacePair";
import styles from "./FacesView.module.css";
import { SidesBar } from "./SidesBar";

type Props = {
  result: Result;
  /** Pixels of the result per pixel of the photo that was sent. */
  enlargement: number;
  pictures: Pictures;
  shown: readonly [left: Picture, right: Picture];
  onSides: (sides: Sides) => void;
  selectedFace: number | null;
  /** The element outside the view that takes the choice of the sides. */
  toolbar: HTMLElement | null;
};

/** Enlarged pictures of every face, two versions side by side; one if the page does not have the other. */
export function FacesView({ result, enlargement, pictures, shown, onSides, selectedFace, toolbar }: Props) {
  const t = useWords();
  const images = {
    before: useImage(pictures.before.url),
    earlier: useImage(pictures.earlier?.url ?? null),
    after: useImage(pictures.after.url),
  };
  const { faces } = result.facts;
  const present = shown.filter(({ absence }) => absence === undefined);
  const sides = present.map(({ version, words, url }) => ({
    version,
    words: url === null ? t("viewer.face.unshown", { words }) : words,
    image: images[version],
  }));
  return (
    <>
      <div className={styles.scroller} tabIndex={0} role="group" aria-label={t("viewer.face.list")}>
        <ul className={`${styles.list} ${sides.length === 1 ? styles.single : ""}`}>
          {faces.map((face, index) => (
            <li key={index}>
              <FacePair
                number={index + 1}
                box={face.box}
                sides={sides}
                width={result.facts.width / enlargement}
                isSelected={index === selectedFace}
              />
            </li>
          ))}
        </ul>
      </div>
      {toolbar && createPortal(<SidesBar pictures={pictures} shown={shown} onSides={onSides} />, toolbar)}
    </>
  );
}
