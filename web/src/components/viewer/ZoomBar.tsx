import type { Viewport } from "@/hooks/useViewport";
import { useWords } from "@/words/context";
import { Button } from "@/components/ui/Button";
import styles from "./ZoomBar.module.css";

type Props = {
  viewport: Viewport;
  step: number;
  /** The two sides of a comparison; null: there is one picture. */
  swap: { isSwapped: boolean; onSwap: () => void } | null;
};

export function ZoomBar({ viewport, step, swap }: Props) {
  const t = useWords();
  return (
    <div className={styles.bar} role="toolbar" aria-label={t("viewer.bar.name")}>
      <span className={styles.wide}>
        <Button kind="bare" icon="minus" iconOnly title={t("viewer.bar.out")} onClick={() => viewport.zoomBy(1 / step)}>
          {t("viewer.bar.out")}
        </Button>
        <output className={styles.percent} aria-label={t("viewer.bar.zoom")}>
          {t("viewer.bar.percent", { percent: viewport.percent })}
        </output>
        <Button kind="bare" icon="add" iconOnly title={t("viewer.bar.in")} onClick={() => viewport.zoomBy(step)}>
          {t("viewer.bar.in")}
        </Button>
      </span>
      <span className={styles.actual}>
        <Button kind="bare" title={t("viewer.bar.actualWhy")} onClick={() => viewport.actual()}>
          {t("viewer.bar.actual")}
        </Button>
      </span>
      <Button kind="bare" icon="fit" iconOnly title={t("viewer.bar.fit")} onClick={viewport.fit}>
        {t("viewer.bar.fit")}
      </Button>
      <span className={styles.wide}>
        {swap && (
          <Button
            kind="bare"
            icon="swap"
            iconOnly
            aria-pressed={swap.isSwapped}
            title={t("viewer.bar.swap")}
            onClick={swap.onSwap}
          >
            {t("viewer.bar.swap")}
          </Button>
        )}
      </span>
    </div>
  );
}
