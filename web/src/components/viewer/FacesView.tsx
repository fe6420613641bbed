"use client";

import { useImage } from "@/hooks/useImage";
import type { Photo, Result } from "@/photos/photo";
import { FacePair } from "./FacePair";
import styles from "./FacesView.module.css";

type Props = { photo: Photo; result: Result; isSwapped: boolean; selectedFace: number | null };

/** Enlarged pictures of every face, before and after side by side. */
export function FacesView({ photo, result, isSwapped, selectedFace }: Props) {
  const before = useImage(photo.url);
  const after = useImage(result.url);
  const { faces } = result.facts;
  return (
    <div className={styles.scroller} tabIndex={0} role="group" aria-label="Faces, before and after">
      <ul className={styles.list}>
        {faces.map((face, index) => (
          <li key={index}>
            <FacePair
              number={index + 1}
              box={face.box}
              before={before}
              after={after}
              width={result.facts.width}
              factor={result.request.options.upscale_factor}
              isSwapped={isSwapped}
              isSelected={index === selectedFace}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}
