"use client";

import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { Size } from "@/photos/photo";
import { adjusted, boxBetween, middleBox, type Box } from "@/photos/places";
import type { Point, View } from "@/view/viewport";
import { useWords } from "@/words/context";
import styles from "./BoxDrawer.module.css";

type Props = {
  /** Size of the photo that was sent, in pixels. */
  photo: Size;
  /** `scale`: CSS pixels per pixel of the photo. */
  view: View;
  covered: Point & Size;
  onDrawn: (box: Box) => void;
  onEnd: () => void;
};

/** Lies over the photo and draws a box: by mouse, finger or keys. */
export function BoxDrawer({ photo, view, covered, onDrawn, onEnd }: Props) {
  const t = useWords();
  const [drag, setDrag] = useState<{ from: Point; to: Point } | null>(null); // pixels of the photo
  const [placed, setPlaced] = useState<Box | null>(null); // by keys
  const [isTooSmall, setTooSmall] = useState(false);
  const layer = useRef<HTMLDivElement>(null);
  useEffect(() => layer.current?.focus(), []);

  const at = (event: PointerEvent): Point => {
    const bounds = event.currentTarget.getBoundingClientRect();
    return {
      x: (event.clientX - bounds.left - view.x) / view.scale,
      y: (event.clientY - bounds.top - view.y) / view.scale,
    };
  };
  const finish = (to: Point) => {
    setDrag(null);
    if (drag === null) return;
    const box = boxBetween(drag.from, to, photo);
    setTooSmall(box === null);
    if (box !== null) onDrawn(box);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const current = placed ?? middleBox(photo, view, covered);
    const next = adjusted(current, event.key, photo);
    if (event.key === "Escape") onEnd();
    else if (event.key === "Enter" && placed !== null && !event.repeat) onDrawn(placed);
    else if (event.key === "Enter" || next !== null) setPlaced(placed === null || next === null ? current : next);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const draft = drag ? boxBetween(drag.from, drag.to, photo) : placed;
  return (
    <div
      ref={layer}
      className={styles.layer}
      role="application"
      tabIndex={0}
      aria-label={`${t("viewer.mark.hint")} ${t("viewer.mark.keys")}`}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (!event.isPrimary) return setDrag(null); // a second finger: the two are zooming
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: at(event), to: at(event) });
      }}
      onPointerMove={(event) => {
        if (drag !== null && event.isPrimary) setDrag({ ...drag, to: at(event) });
      }}
      onPointerUp={(event) => event.isPrimary && finish(at(event))}
      onPointerCancel={() => setDrag(null)}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      {draft !== null && (
        <div
          className={styles.draft}
          style={{
            left: view.x + draft[0] * view.scale,
            top: view.y + draft[1] * view.scale,
            width: (draft[2] - draft[0]) * view.scale,
            height: (draft[3] - draft[1]) * view.scale,
          }}
        />
      )}
      {drag === null && (
        <p className={styles.hint} role="status">
          {isTooSmall ? t("viewer.mark.tooSmall") : t("viewer.mark.hint")}
          {/* For eyes alone, and only while the keys are used; screen readers have it as the layer's name. */}
          <span className={styles.keys} aria-hidden="true">
            {t("viewer.mark.keys")}
          </span>
        </p>
      )}
    </div>
  );
}
