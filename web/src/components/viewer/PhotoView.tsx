"use client";

import type { ReactNode } from "react";
import type { Size } from "@/photos/photo";
import { useWords } from "@/words/context";
import { focusOn, MarkLayer, type Marks } from "./MarkLayer";
import styles from "./PhotoView.module.css";
import { ZoomPane } from "./ZoomPane";

type Props = {
  /** The name of the photo. */
  name: string;
  url: string;
  size: Size;
  /** Whether the picture has fewer pixels than the photo itself. */
  isReduced: boolean;
  marks: Marks;
  toolbar: HTMLElement | null;
  markButton: ReactNode;
};

/** The photo before it is restored, with its faces. */
export function PhotoView({ name, url, size, isReduced, marks, toolbar, markButton }: Props) {
  const t = useWords();
  return (
    <ZoomPane
      size={size}
      label={t("viewer.photo")}
      swap={null}
      focus={focusOn(marks, size, 1)}
      toolbar={toolbar}
      tools={markButton}
    >
      {({ view, covered }) => (
        <>
          <img
            className={styles.photo}
            style={{
              width: size.width * view.scale,
              height: size.height * view.scale,
              transform: `translate(${view.x}px, ${view.y}px)`,
            }}
            src={url}
            alt={t("viewer.now", { name })}
            draggable={false}
          />
          <MarkLayer {...marks} photo={size} view={view} covered={covered} />
          {isReduced && <p className={styles.note}>{t("viewer.reduced")}</p>}
        </>
      )}
    </ZoomPane>
  );
}
