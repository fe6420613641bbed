import { COMPARE_MODES, type CompareMode } from "@/hooks/useCompareMode";
import { Button } from "@/components/ui/Button";
import type { IconName } from "@/components/ui/Icon";
import { useWords } from "@/words/context";
import styles from "./ZoomBar.module.css";

type Props = { mode: CompareMode; onMode: (mode: CompareMode) => void };

const LOOKS = {
  slider: { icon: "split", words: "viewer.mode.slider" },
  beside: { icon: "beside", words: "viewer.mode.beside" },
  difference: { icon: "difference", words: "viewer.mode.difference" },
} as const satisfies Record<CompareMode, { icon: IconName; words: string }>;

/** How the two pictures are compared. */
export function ModeBar({ mode, onMode }: Props) {
  const t = useWords();
  return (
    <div className={styles.bar} role="group" aria-label={t("viewer.mode.name")}>
      {COMPARE_MODES.map((one) => {
        const { icon, words } = LOOKS[one];
        return (
          <Button
            key={one}
            kind="bare"
            icon={icon}
            iconOnly
            title={t(words)}
            aria-pressed={one === mode}
            onClick={() => onMode(one)}
          >
            {t(words)}
          </Button>
        );
      })}
    </div>
  );
}
