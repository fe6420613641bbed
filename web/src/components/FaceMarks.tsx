import type { Face } from "@/api/types";
import type { Point, Size, View } from "@/view/viewport";
import styles from "./FaceMarks.module.css";

type Props = {
  faces: Face[];
  /** CSS pixels per pixel of the photo that was sent. */
  scale: number;
  view: View;
  shown: Point & Size;
  selected: number | null;
  onSelect: (face: number) => void;
};

/** A number at every face, by which it is chosen. */
export function FaceMarks({ faces, scale, view, shown, selected, onSelect }: Props) {
  return faces.map(({ box: [x0 = 0, y0 = 0, x1 = 0, y1 = 0] }, index) => {
    const left = view.x + x0 * scale;
    const top = view.y + y0 * scale;
    const isShown =
      left > shown.x - 1 && top > shown.y - 1 && left < shown.x + shown.width && top < shown.y + shown.height;
    const isSelected = index === selected;
    return (
      isShown && (
        <div key={index}>
          {isSelected && (
            <div
              className={styles.box}
              style={{ left, top, width: (x1 - x0) * scale, height: (y1 - y0) * scale }}
              aria-hidden="true"
            />
          )}
          <button
            type="button"
            className={styles.mark}
            style={{ left, top }}
            aria-pressed={isSelected}
            aria-label={`Face ${index + 1}`}
            onClick={() => onSelect(index)}
            onDoubleClick={(event) => event.stopPropagation()}
          >
            {index + 1}
          </button>
        </div>
      )
    );
  });
}
