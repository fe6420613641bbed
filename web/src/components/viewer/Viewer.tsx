"use client";

import { useState } from "react";
import type { Face } from "@/api/types";
import type { Photo, Result } from "@/photos/photo";
import { MOST_BOXES, type Box } from "@/photos/places";
import { isReduced } from "@/photos/preview";
import { enlargementOf } from "@/photos/scale";
import { picturesOf, sidesOf, type Sides } from "@/photos/versions";
import { useWords } from "@/words/context";
import { said, type Words } from "@/words/words";
import { CompareView } from "./CompareView";
import { FacesView } from "./FacesView";
import { MarkButton } from "./MarkButton";
import type { Marks } from "./MarkLayer";
import { PhotoView } from "./PhotoView";
import styles from "./Viewer.module.css";

export type ViewerMode = "picture" | "faces";

type Props = {
  photo: Photo;
  mode: ViewerMode;
  /** What to compare, as far as the photo has it. */
  sides: Sides;
  onSides: (sides: Sides) => void;
  /** The faces to mark on the picture: those of the result, or those that a later look has found. */
  faces: Face[];
  /** Whether these faces are those of the result, for which a person's boxes need not be shown. */
  isOfResult: boolean;
  selectedFace: number | null;
  onFace: (face: number) => void;
  /** Changes the boxes around faces; null: the server takes none. */
  onBoxes: ((boxes: readonly Box[]) => void) | null;
  onResult: (result: Result) => void;
  /** Chooses the settings again that made a result. */
  onSettings: (result: Result) => void;
  toolbar: HTMLElement | null;
  /** Whether the server is asked how the photo looks, which the browser cannot show. */
  isAwaited?: boolean;
};

/** The picture area: the result, the photo, or why the photo cannot be shown. */
export function Viewer(props: Props) {
  const { photo, mode, sides, onSides, faces, isOfResult, selectedFace, onFace, onBoxes, toolbar } = props;
  const { isAwaited = false } = props;
  const t = useWords();
  const { result, boxes } = photo;
  const [markedPhoto, setMarkedPhoto] = useState<string | null>(null);
  const isMarking = markedPhoto === photo.id && onBoxes !== null;
  const onEnd = () => setMarkedPhoto(null);
  const marks: Marks = {
    faces,
    selected: selectedFace,
    onSelect: onFace,
    boxes: isOfResult ? [] : boxes,
    onRemove: (index) => onBoxes?.(boxes.filter((_, other) => other !== index)),
    isMarking,
    onDrawn: (box) => {
      onEnd();
      onBoxes?.([...boxes, box]);
    },
    onEnd,
  };
  const markButton = onBoxes && (
    <MarkButton
      isMarking={isMarking}
      isDisabled={boxes.length >= MOST_BOXES}
      onToggle={() => setMarkedPhoto(isMarking ? null : photo.id)}
    />
  );
  if (result !== null) {
    const pictures = picturesOf(photo, result, t);
    const history = { photo, onResult: props.onResult, onSettings: props.onSettings };
    const view = { result, pictures, shown: sidesOf(pictures, sides), onSides, history, toolbar };
    const enlargement = enlargementOf(photo, result);
    return mode === "faces" && result.facts.faces.length > 0 && enlargement !== null ? (
      <FacesView enlargement={enlargement} selectedFace={selectedFace} {...view} />
    ) : (
      <CompareView
        key={photo.id}
        name={photo.name}
        enlargement={enlargement}
        marks={marks}
        markButton={markButton}
        {...view}
      />
    );
  }
  const { id, name, url, size } = photo;
  if (photo.refusal !== null || size === null) {
    return (
      <div className={styles.unshown}>
        <p className={styles.name}>{name}</p>
        <p>{photo.refusal ? said(t, photo.refusal) : whyUnshown(photo, isAwaited, t)}</p>
      </div>
    );
  }
  return (
    <PhotoView
      key={id}
      name={name}
      url={url}
      size={size}
      isReduced={isReduced(photo)}
      marks={marks}
      markButton={markButton}
      toolbar={toolbar}
    />
  );
}

function whyUnshown({ source }: Photo, isAwaited: boolean, t: Words): string {
  if ("file" in source) return isAwaited ? t("viewer.asking") : t("viewer.unshown");
  if ("job" in source) return t("viewer.fetching");
  return t("viewer.fetched", { host: new URL(source.address).hostname });
}
