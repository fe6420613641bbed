import { swapped, withLeft, type Pictures, type Shown, type Sides } from "@/photos/versions";
import { Select } from "@/components/ui/Select";
import { useWords } from "@/words/context";
import styles from "./SidesBar.module.css";

type Props = {
  pictures: Pictures;
  /** The pictures that are shown. */
  shown: Shown;
  onSides: (sides: Sides) => void;
};

/** What the left and the right side show. */
export function SidesBar({ pictures, shown, onSides }: Props) {
  const t = useWords();
  const choices = pictures.map(({ version, words }) => [version, words] as const);
  const sides: Sides = [shown[0].version, shown[1].version];
  const [left, right] = [t("viewer.sides.left"), t("viewer.sides.right")];
  return (
    <div className={styles.bar} role="group" aria-label={t("viewer.sides.name")}>
      <span aria-hidden="true">{left}</span>
      <span aria-hidden="true">{right}</span>
      <Select
        label={left}
        value={sides[0]}
        choices={choices}
        onChange={(version) => onSides(withLeft(sides, version))}
      />
      <Select
        label={right}
        value={sides[1]}
        choices={choices}
        onChange={(version) => onSides(swapped(withLeft(swapped(sides), version)))}
      />
    </div>
  );
}
