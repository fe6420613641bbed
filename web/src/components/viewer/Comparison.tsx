"use client";

import * as Slider from "react-compare-slider/components";
import { useReactCompareSlider } from "react-compare-slider/hooks";
import type { Point, Size, View } from "@/view/viewport";
import styles from "./Comparison.module.css";
import { Icon } from "@/components/ui/Icon";

type Props = {
  before: string;
  after: string;
  name: string;
  picture: Size;
  view: View;
  /** The part of the viewer that the picture covers; the line moves within it. */
  shown: Point & Size;
  isSwapped: boolean;
  /** Whether only the handle moves the line, so that dragging elsewhere can move the picture. */
  onlyHandle: boolean;
};

export function Comparison({ before, after, name, picture, view, shown, isSwapped, onlyHandle }: Props) {
  const slider = useReactCompareSlider({ onlyHandleDraggable: onlyHandle, keyboardIncrement: "2%" });
  // Both pictures have the size of the result, so that the same points lie over each other.
  const style = {
    width: picture.width * view.scale,
    height: picture.height * view.scale,
    transform: `translate(${view.x - shown.x}px, ${view.y - shown.y}px)`,
  };
  const item = (kind: "before" | "after") => (
    <div className={styles.item}>
      <img
        className={styles.picture}
        style={style}
        src={kind === "before" ? before : after}
        alt={kind === "before" ? `${name} before` : `${name} after`}
        draggable={false}
      />
    </div>
  );
  const [first, second] = isSwapped ? (["after", "before"] as const) : (["before", "after"] as const);
  return (
    <div className={styles.frame} style={{ left: shown.x, top: shown.y, width: shown.width, height: shown.height }}>
      <Slider.Provider {...slider}>
        <Slider.Root className={styles.slider}>
          <Slider.Item item="itemOne">{item(first)}</Slider.Item>
          <Slider.Item item="itemTwo">{item(second)}</Slider.Item>
          <Slider.HandleRoot className={styles.handleRoot} aria-label="Line between before and after">
            <div className={styles.handle} aria-hidden="true">
              <span className={styles.grip}>
                <Icon name="split" />
              </span>
            </div>
          </Slider.HandleRoot>
        </Slider.Root>
      </Slider.Provider>
      <span className={`${styles.label} ${styles.left}`} aria-hidden="true">
        {first}
      </span>
      <span className={`${styles.label} ${styles.right}`} aria-hidden="true">
        {second}
      </span>
    </div>
  );
}
