import type { Viewport } from "@/hooks/useViewport";
import { Button } from "@/components/ui/Button";
import styles from "./ZoomBar.module.css";

type Props = {
  viewport: Viewport;
  step: number;
  /** The two sides of a comparison; null: there is one picture. */
  swap: { isSwapped: boolean; onSwap: () => void } | null;
};

export function ZoomBar({ viewport, step, swap }: Props) {
  return (
    <div className={styles.bar} role="toolbar" aria-label="View">
      <Button kind="bare" icon="minus" iconOnly title="Zoom out" onClick={() => viewport.zoomBy(1 / step)}>
        Zoom out
      </Button>
      <output className={styles.percent} aria-label="Zoom">
        {viewport.percent} %
      </output>
      <Button kind="bare" icon="add" iconOnly title="Zoom in" onClick={() => viewport.zoomBy(step)}>
        Zoom in
      </Button>
      <Button kind="bare" title="One pixel of the picture for one of the screen" onClick={() => viewport.actual()}>
        1:1
      </Button>
      <Button kind="bare" icon="fit" iconOnly title="Whole picture" onClick={viewport.fit}>
        Whole picture
      </Button>
      {swap && (
        <Button kind="bare" icon="swap" iconOnly aria-pressed={swap.isSwapped} title="Swap sides" onClick={swap.onSwap}>
          Swap sides
        </Button>
      )}
    </div>
  );
}
