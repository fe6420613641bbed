import { UNSHOWN, type Picture } from "@/photos/versions";
import type { Point, Size, View } from "@/view/viewport";
import styles from "./Comparison.module.css";

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
export function Alone({ picture: { version, url }, absence, name, size, view, shown }: Props) {
  const style = {
    width: size.width * view.scale,
    height: size.height * view.scale,
    transform: `translate(${view.x - shown.x}px, ${view.y - shown.y}px)`,
  };
  return (
    <div className={styles.frame} style={{ left: shown.x, top: shown.y, width: shown.width, height: shown.height }}>
      <div className={styles.item}>
        {url === null ? (
          <p className={styles.unshown}>{UNSHOWN[version]}</p>
        ) : (
          <img className={styles.picture} style={style} src={url} alt={`${name} ${version}`} draggable={false} />
        )}
      </div>
      <p className={`${styles.label} ${styles.absence}`}>{absence}</p>
    </div>
  );
}
