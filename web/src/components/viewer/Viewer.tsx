"use client";

import type { Photo } from "@/photos/photo";
import { enlargementOf } from "@/photos/scale";
import { picturesOf, sidesOf, type Sides } from "@/photos/versions";
import { CompareView } from "./CompareView";
import { FacesView } from "./FacesView";
import styles from "./Viewer.module.css";

export type ViewerMode = "picture" | "faces";

type Props = {
  photo: Photo;
  mode: ViewerMode;
  /** What to compare, as far as the photo has it. */
  sides: Sides;
  onSides: (sides: Sides) => void;
  selectedFace: number | null;
  onFace: (face: number) => void;
  toolbar: HTMLElement | null;
};

const UNSHOWN = "Your browser cannot show this photo. The server may still be able to read it.";

/** The picture area: the result, the photo, or why the photo cannot be shown. */
export function Viewer({ photo, mode, sides, onSides, selectedFace, onFace, toolbar }: Props) {
  const { result } = photo;
  if (result !== null) {
    const pictures = picturesOf(photo, result);
    const view = { result, pictures, shown: sidesOf(pictures, sides), onSides, selectedFace, toolbar };
    const enlargement = enlargementOf(photo, result);
    return mode === "faces" && result.facts.faces.length > 0 && enlargement !== null ? (
      <FacesView enlargement={enlargement} {...view} />
    ) : (
      <CompareView key={photo.id} name={photo.name} enlargement={enlargement} onFace={onFace} {...view} />
    );
  }
  const inItsPlace = photo.refusal ?? (photo.size === null ? whyUnshown(photo) : null);
  if (inItsPlace !== null) {
    return (
      <div className={styles.unshown}>
        <p className={styles.name}>{photo.name}</p>
        <p>{inItsPlace}</p>
      </div>
    );
  }
  return <img key={photo.id} className={styles.original} src={photo.url} alt={`${photo.name}, as it is now`} />;
}

function whyUnshown({ source }: Photo): string {
  if ("file" in source) return UNSHOWN;
  return `The server fetches this photo from ${new URL(source.address).hostname} when you restore it. This page does not see it.`;
}
