"use client";

import { createPortal } from "react-dom";
import { useImage } from "@/hooks/useImage";
import type { Result } from "@/photos/photo";
import type { Pictures, Shown, Sides } from "@/photos/versions";
import { useWords } from "@/words/context";
import { FacePair } from "./FacePair";
import styles from "./FacesView.module.css";
import { HistoryBar, type History } from "./HistoryBar";

type Props = {
  result: Result;
  /** Pixels of the result per pixel of the photo that was sent. */
  enlargement: number;
  pictures: Pictures;
  shown: Shown;
  onSides: (sides: Sides) => void;
  history: History;
  selectedFace: number | null;
  /** The element outside the view that takes the choice of the sides. */
  toolbar: HTMLElement | null;
};

/** Enlarged pictures of every face, two versions side by side; one if the page does not have the other. */
export function FacesView(props: Props) {
  const { result, enlargement, pictures, shown, onSides, history, selectedFace, toolbar } = props;
  const t = useWords();
  const images = [useImage(shown[0].url), useImage(shown[1].url)];
  const { faces } = result.facts;
  const present = shown.filter(({ absence }) => absence === undefined);
  const sides = present.map((picture) => ({
    name: picture.name,
    words: picture.url === null ? t("viewer.face.unshown", { words: picture.words }) : picture.words,
    image: images[shown.indexOf(picture)] ?? null,
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
      {toolbar &&
        createPortal(<HistoryBar {...history} pictures={pictures} shown={shown} onSides={onSides} />, toolbar)}
    </>
  );
}
