"use client";

import * as Slider from "react-compare-slider/components";
import { useReactCompareSlider } from "react-compare-slider/hooks";
import { UNSHOWN, type Picture } from "@/photos/versions";
import type { Point, Size, View } from "@/view/viewport";
import styles from "./Comparison.module.css";
import { Icon } from "@/components/ui/Icon";

type Props = {
  left: Picture;
  right: Picture;
  /** The name of the photo. */
  name: string;
  /** The size of the result in pixels. */
  size: Size;
  view: View;
  /** The part of the viewer that the picture covers; the line moves within it. */
  shown: Point & Size;
  /** Whether only the handle moves the line, so that dragging elsewhere can move the picture. */
  onlyHandle: boolean;
};

export function Comparison({ left, right, name, size, view, shown, onlyHandle }: Props) {
  const slider = useReactCompareSlider({ onlyHandleDraggable: onlyHandle, keyboardIncrement: "2%" });
  // Both pictures are shown in the size of the result, so that the same points lie over each other.
  const style = {
    width: size.width * view.scale,
    height: size.height * view.scale,
    transform: `translate(${view.x - shown.x}px, ${view.y - shown.y}px)`,
  };
  const item = ({ version, url }: Picture, side = styles.ofTheLeft) => (
    <div className={styles.item}>
      {url === null ? (
        <p className={`${styles.unshown} ${side}`}>{UNSHOWN[version]}</p>
      ) : (
        <img className={styles.picture} style={style} src={url} alt={`${name} ${version}`} draggable={false} />
      )}
    </div>
  );
  return (
    <div className={styles.frame} style={{ left: shown.x, top: shown.y, width: shown.width, height: shown.height }}>
      <Slider.Provider {...slider}>
        <Slider.Root className={styles.slider}>
          <Slider.Item item="itemOne">{item(left)}</Slider.Item>
          <Slider.Item item="itemTwo">{item(right, styles.ofTheRight)}</Slider.Item>
          <Slider.HandleRoot
            className={styles.handleRoot}
            aria-label={`Line between ${left.version} and ${right.version}`}
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
