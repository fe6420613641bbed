import type { Picture } from "@/photos/versions";
import type { Point, Size, View } from "@/view/viewport";
import styles from "./Comparison.module.css";
import { Layer } from "./Layer";

type Props = {
  picture: Picture;
  /** Why there is no other picture beside it. */
  absence: string;
  /** The name of the photo. */
  name: string;
  /** The size of the result in pixels. */
  size: Size;
  view: View;
  /** The part of the viewer that the picture covers. */
  shown: Point & Size;
};

/** One picture that has no other to be compared with. */
export function Alone({ absence, ...layer }: Props) {
  const { x, y, width, height } = layer.shown;
  return (
    <div className={styles.frame} style={{ left: x, top: y, width, height }}>
      <Layer {...layer} />
      <p className={`${styles.label} ${styles.absence}`}>{absence}</p>
    </div>
  );
}
