"use client";

import type { Face } from "@/api/types";
import type { Size } from "@/photos/photo";
import type { Box } from "@/photos/places";
import { regionAround, type Focus } from "@/view/region";
import type { Point, View } from "@/view/viewport";
import { useWords } from "@/words/context";
import { BoxDrawer } from "./BoxDrawer";
import { FaceMarks } from "./FaceMarks";
import styles from "./MarkLayer.module.css";
import { Icon } from "@/components/ui/Icon";

export type Marks = {
  faces: Face[];
  selected: number | null;
  onSelect: (face: number) => void;
  /** The boxes that a person has drawn; none while they are part of the result that is shown. */
  boxes: readonly Box[];
  onRemove: (box: number) => void;
  /** Whether the next drag draws a box. */
  isMarking: boolean;
  onDrawn: (box: Box) => void;
  onEnd: () => void;
};

/** What is to be shown of a picture: the selected face. `enlargement`: pixels of the picture per pixel of the photo. */
export function focusOn({ faces, selected, onSelect }: Marks, picture: Size, enlargement: number | null): Focus | null {
  const face = selected === null ? undefined : faces[selected];
  if (selected === null || face === undefined || enlargement === null) return null;
  const box = face.box.map((side) => side * enlargement);
  return {
    key: `${selected} ${face.box.join()}`,
    region: regionAround(box, picture),
    onLeave: () => onSelect(selected),
  };
}

type Props = Marks & {
  /** Size of the photo that was sent, in pixels. */
  photo: Size;
  /** `scale`: CSS pixels per pixel of the photo that was sent. */
  view: View;
  /** The part of the pane that the photo covers. */
  covered: Point & Size;
};

/** What lies over a photo: its faces, the boxes that a person has drawn, and the one that is being drawn. */
export function MarkLayer(props: Props) {
  const { faces, selected, onSelect, boxes, onRemove, isMarking, onDrawn, onEnd, photo, view, covered } = props;
  return (
    <>
      {boxes.map((box, index) => (
        <DrawnBox
          key={index}
          box={box}
          number={index + 1}
          view={view}
          shown={covered}
          onRemove={() => onRemove(index)}
        />
      ))}
      <FaceMarks faces={faces} scale={view.scale} view={view} shown={covered} selected={selected} onSelect={onSelect} />
      {isMarking && <BoxDrawer photo={photo} view={view} covered={covered} onDrawn={onDrawn} onEnd={onEnd} />}
    </>
  );
}

type DrawnProps = { box: Box; number: number; view: View; shown: Point & Size; onRemove: () => void };

const INSET = 18; // CSS pixels from the edge at which the whole button is visible

/** A box that a person has drawn, with a button that removes it. */
function DrawnBox({ box: [x0, y0, x1, y1], number, view, shown, onRemove }: DrawnProps) {
  const t = useWords();
  const { scale } = view;
  const [left, top, right, bottom] = [
    view.x + x0 * scale,
    view.y + y0 * scale,
    view.x + x1 * scale,
    view.y + y1 * scale,
  ];
  const isShown = right > shown.x && bottom > shown.y && left < shown.x + shown.width && top < shown.y + shown.height;
  if (!isShown) return null;
  // The corner of a visible box may lie outside the pane.
  const corner = { left: Math.min(right, shown.x + shown.width - INSET), top: Math.max(top, shown.y + INSET) };
  return (
    <>
      <div className={styles.box} style={{ left, top, width: right - left, height: bottom - top }} aria-hidden="true" />
      <button
        type="button"
        className={styles.remove}
        style={corner}
        title={t("viewer.mark.remove")}
        aria-label={t("viewer.mark.removeYours", { number })}
        onClick={onRemove}
        onDoubleClick={(event) => event.stopPropagation()}
      >
        <Icon name="close" size={16} />
      </button>
    </>
  );
}
