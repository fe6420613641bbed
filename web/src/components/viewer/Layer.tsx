import type { Picture } from "@/photos/versions";
import type { Point, Size, View } from "@/view/viewport";
import { useWords } from "@/words/context";
import styles from "./Comparison.module.css";

/** What is shown of a picture, and where. */
export type Placed = {
  /** The name of the photo. */
  name: string;
  /** The size of the result in pixels. */
  size: Size;
  view: View;
  /** The part of the viewer, or of a pane, that the picture covers. */
  shown: Point & Size;
};

type Props = Placed & {
  picture: Picture;
  /** The class of what is said in the place of a picture that cannot be shown. */
  side?: string | undefined;
};

/** One picture, in the size of the result, so that the same points of two pictures lie over each other. */
export function Layer({ picture, name, size, view, shown, side = "" }: Props) {
  const t = useWords();
  const style = {
    width: size.width * view.scale,
    height: size.height * view.scale,
    transform: `translate(${view.x - shown.x}px, ${view.y - shown.y}px)`,
  };
  return (
    <div className={styles.item}>
      {picture.url === null ? (
        <p className={`${styles.unshown} ${side}`}>{picture.unshown}</p>
      ) : (
        <img
          className={styles.picture}
          style={style}
          src={picture.url}
          alt={t("viewer.picture", { name, side: picture.name })}
          draggable={false}
        />
      )}
    </div>
  );
}
