import { Button } from "@/components/ui/Button";
import { useWords } from "@/words/context";
import styles from "./HoldButton.module.css";

type Props = { isHeld: boolean; onHold: (isHeld: boolean) => void };

/** Shows the original as long as it is held down, by mouse, finger or keys. */
export function HoldButton({ isHeld, onHold }: Props) {
  const t = useWords();
  const isKey = (key: string) => key === " " || key === "Enter";
  const release = () => onHold(false);
  return (
    <span className={styles.hold}>
      <Button
        kind="bare"
        icon="eye"
        iconOnly
        title={t("viewer.hold.button")}
        aria-pressed={isHeld}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId); // or it would miss a release beside it
          onHold(true);
        }}
        onPointerUp={release}
        onPointerCancel={release}
        onLostPointerCapture={release}
        onKeyDown={({ key }) => isKey(key) && onHold(true)}
        onKeyUp={({ key }) => isKey(key) && onHold(false)}
        onBlur={release}
        onContextMenu={(event) => event.preventDefault()} // what a long touch opens
      >
        {t("viewer.hold.button")}
      </Button>
    </span>
  );
}
