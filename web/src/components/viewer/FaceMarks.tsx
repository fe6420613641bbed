import type { Face } from "@/api/types";
import type { Point, Size, View } from "@/view/viewport";
import { useWords } from "@/words/context";
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

const INSET = 18; // CSS pixels from the edge at which a whole mark is visible

/** A numbered button at every face, which selects it. */
export function FaceMarks({ faces, scale, view, shown, selected, onSelect }: Props) {
  const t = useWords();
  return faces.map(({ box: [x0 = 0, y0 = 0, x1 = 0, y1 = 0] }, index) => {
    const [left, top, right, bottom] = [
      view.x + x0 * scale,
      view.y + y0 * scale,
      view.x + x1 * scale,
      view.y + y1 * scale,
    ];
    const isShown = right > shown.x && bottom > shown.y && left < shown.x + shown.width && top < shown.y + shown.height;
    // The corner of a visible face may lie outside the viewer.
    const mark = { left: Math.max(left, shown.x + INSET), top: Math.max(top, shown.y + INSET) };
    const isSelected = index === selected;
    return (
      isShown && (
        <div key={index}>
          {isSelected && (
            <div
              className={styles.box}
              style={{ left, top, width: right - left, height: bottom - top }}
              aria-hidden="true"
            />
          )}
          <button
            type="button"
            className={styles.mark}
            style={mark}
            aria-pressed={isSelected}
            aria-label={t("viewer.face.name", { number: index + 1 })}
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
