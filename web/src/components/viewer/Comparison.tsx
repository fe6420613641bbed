"use client";

import * as Slider from "react-compare-slider/components";
import { useReactCompareSlider } from "react-compare-slider/hooks";
import type { Picture } from "@/photos/versions";
import { useWords } from "@/words/context";
import styles from "./Comparison.module.css";
import { Icon } from "@/components/ui/Icon";
import { Layer, type Placed } from "./Layer";

type Props = Placed & {
  left: Picture;
  right: Picture;
  /** Whether only the handle moves the line, so that dragging elsewhere can move the picture. */
  onlyHandle: boolean;
};

export function Comparison({ left, right, onlyHandle, ...layer }: Props) {
  const t = useWords();
  const slider = useReactCompareSlider({ onlyHandleDraggable: onlyHandle, keyboardIncrement: "2%" });
  const { x, y, width, height } = layer.shown;
  return (
    <div className={styles.frame} style={{ left: x, top: y, width, height }}>
      <Slider.Provider {...slider}>
        <Slider.Root className={styles.slider}>
          <Slider.Item item="itemOne">
            <Layer {...layer} picture={left} side={styles.ofTheLeft} />
          </Slider.Item>
          <Slider.Item item="itemTwo">
            <Layer {...layer} picture={right} side={styles.ofTheRight} />
          </Slider.Item>
          <Slider.HandleRoot
            className={styles.handleRoot}
            aria-label={t("viewer.line", { left: left.name, right: right.name })}
          >
            <div className={styles.handle} aria-hidden="true">
              <span className={styles.grip}>
                <Icon name="split" />
              </span>
            </div>
          </Slider.HandleRoot>
        </Slider.Root>
      </Slider.Provider>
      <span className={`${styles.label} ${styles.left}`} aria-hidden="true">
        {left.words}
      </span>
      <span className={`${styles.label} ${styles.right}`} aria-hidden="true">
        {right.words}
      </span>
    </div>
  );
}
