import type { Picture } from "@/photos/versions";
import styles from "./Comparison.module.css";
import { Layer, type Placed } from "./Layer";

type Props = Placed & {
  picture: Picture;
  /** Why there is no other picture beside it. */
  absence: string;
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
