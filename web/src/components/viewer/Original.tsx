import type { Picture } from "@/photos/versions";
import { useWords } from "@/words/context";
import styles from "./Comparison.module.css";
import type { Placed } from "./Layer";

type Props = Omit<Placed, "name"> & { before: Picture; isHeld: boolean };

/** The original over all else while a person holds it up. It is there before, so that it appears without a flash. */
export function Original({ before, isHeld, size, view, shown }: Props) {
  const t = useWords();
  const { x, y, width, height } = shown;
  const picture = {
    width: size.width * view.scale,
    height: size.height * view.scale,
    transform: `translate(${view.x - x}px, ${view.y - y}px)`,
  };
  return (
    <>
      <div
        className={`${styles.frame} ${styles.original} ${isHeld ? styles.held : ""}`}
        style={{ left: x, top: y, width, height }}
        aria-hidden="true"
      >
        <div className={styles.item}>
          {before.url !== null && <img className={styles.picture} style={picture} src={before.url} alt="" />}
        </div>
        <span className={`${styles.label} ${styles.left}`}>{t("viewer.hold.shown")}</span>
      </div>
      <span className="visually-hidden" role="status">
        {isHeld && t("viewer.hold.shown")}
      </span>
    </>
  );
}
