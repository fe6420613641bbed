import type { Face } from "@/api/types";
import { FACE, useFaceKeys } from "@/hooks/useFaceKeys";
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

/** A numbered button at every face, which selects it. Arrow keys go from one to the next; one of them is in the tab order. */
export function FaceMarks({ faces, scale, view, shown, selected, onSelect }: Props) {
  const t = useWords();
  const { list, onKeyDown } = useFaceKeys<HTMLDivElement>(faces.length, selected, onSelect);
  const marks = faces.flatMap(({ box: [x0 = 0, y0 = 0, x1 = 0, y1 = 0] }, index) => {
    const [left, top, right, bottom] = [
      view.x + x0 * scale,
      view.y + y0 * scale,
      view.x + x1 * scale,
      view.y + y1 * scale,
    ];
    const isShown = right > shown.x && bottom > shown.y && left < shown.x + shown.width && top < shown.y + shown.height;
    return isShown ? [{ index, left, top, width: right - left, height: bottom - top }] : [];
  });
  const entry = marks.some(({ index }) => index === selected) ? selected : marks[0]?.index;
  return (
    <div ref={list} onKeyDown={onKeyDown}>
      {marks.map(({ index, left, top, width, height }) => (
        <div key={index}>
          {index === selected && <div className={styles.box} style={{ left, top, width, height }} aria-hidden="true" />}
          <button
            type="button"
            className={styles.mark}
            // The corner of a visible face may lie outside the viewer.
            style={{ left: Math.max(left, shown.x + INSET), top: Math.max(top, shown.y + INSET) }}
            tabIndex={index === entry ? 0 : -1}
            aria-pressed={index === selected}
            aria-label={t("viewer.face.name", { number: index + 1 })}
            {...{ [FACE]: index }}
            onClick={() => onSelect(index)}
            onDoubleClick={(event) => event.stopPropagation()}
          >
            {index + 1}
          </button>
        </div>
      ))}
    </div>
  );
}
