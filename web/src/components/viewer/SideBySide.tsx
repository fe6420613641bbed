import type { ReactNode } from "react";
import type { Shown } from "@/photos/versions";
import type { Panes } from "@/view/panes";
import styles from "./Comparison.module.css";
import { Layer, type Placed } from "./Layer";

type Props = Placed & {
  pictures: Shown;
  panes: Panes;
  /** What lies over the second picture. */
  children: ReactNode;
};

/** Two pictures in two panes, which show the same part of both. */
export function SideBySide({ pictures, panes, children, ...layer }: Props) {
  const { room, second } = panes;
  const { x, y, width, height } = layer.shown;
  return pictures.map((picture, index) => {
    const corner = index === 1 ? second : null;
    return (
      <div
        key={picture.version}
        className={styles.pane}
        style={{ left: corner?.x ?? 0, top: corner?.y ?? 0, width: room.width, height: room.height }}
      >
        <div className={styles.frame} style={{ left: x, top: y, width, height }}>
          <Layer {...layer} picture={picture} />
          <span className={`${styles.label} ${styles.left}`} aria-hidden="true">
            {picture.words}
          </span>
        </div>
        {index === 1 && children}
      </div>
    );
  });
}
