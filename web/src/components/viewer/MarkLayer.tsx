"use client";

import type { Face } from "@/api/types";
import type { Size } from "@/photos/photo";
import type { Box } from "@/photos/places";
import type { Point, View } from "@/view/viewport";
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
      {boxes.map(([x0, y0, x1, y1], index) => (
        <div
          key={index}
          className={styles.box}
          style={{
            left: view.x + x0 * view.scale,
            top: view.y + y0 * view.scale,
            width: (x1 - x0) * view.scale,
            height: (y1 - y0) * view.scale,
          }}
        >
          <button
            type="button"
            className={styles.remove}
            title="Remove this box"
            aria-label={`Remove your box ${index + 1}`}
            onClick={() => onRemove(index)}
            onDoubleClick={(event) => event.stopPropagation()}
          >
            <Icon name="close" size={16} />
          </button>
        </div>
      ))}
      <FaceMarks faces={faces} scale={view.scale} view={view} shown={covered} selected={selected} onSelect={onSelect} />
      {isMarking && <BoxDrawer photo={photo} view={view} covered={covered} onDrawn={onDrawn} onEnd={onEnd} />}
    </>
  );
}
