"use client";

import type { Photo } from "@/photos/photo";
import { CompareView } from "./CompareView";
import { FacesView } from "./FacesView";
import styles from "./Viewer.module.css";

export type ViewerMode = "picture" | "faces";

type Props = {
  photo: Photo;
  mode: ViewerMode;
  isSwapped: boolean;
  onSwap: () => void;
  selectedFace: number | null;
  onFace: (face: number) => void;
  toolbar: HTMLElement | null;
};

const UNSHOWN = "Your browser cannot show this photo. The server may still be able to read it.";

/** The picture area: the result, the photo, or why the photo cannot be shown. */
export function Viewer({ photo, mode, isSwapped, onSwap, selectedFace, onFace, toolbar }: Props) {
  const { result } = photo;
  if (result !== null && mode === "faces" && result.facts.faces.length > 0) {
    return <FacesView photo={photo} result={result} isSwapped={isSwapped} selectedFace={selectedFace} />;
  }
  if (result !== null) {
    return (
      <CompareView
        key={photo.id}
        photo={photo}
        result={result}
        isSwapped={isSwapped}
        onSwap={onSwap}
        selectedFace={selectedFace}
        onFace={onFace}
        toolbar={toolbar}
      />
    );
  }
  const inItsPlace = photo.refusal ?? (photo.size === null ? UNSHOWN : null);
  if (inItsPlace !== null) {
    return (
      <div className={styles.unshown}>
        <p className={styles.name}>{photo.file.name}</p>
        <p>{inItsPlace}</p>
      </div>
    );
  }
  return <img key={photo.id} className={styles.original} src={photo.url} alt={`${photo.file.name}, as it is now`} />;
}
