import { swapped, withLeft, type Pictures, type Shown, type Sides } from "@/photos/versions";
import { useWords } from "@/words/context";
import { Select } from "@/components/ui/Select";
import styles from "./SidesBar.module.css";

type Props = {
  pictures: Pictures;
  /** The pictures that are shown. */
  shown: Shown;
  onSides: (sides: Sides) => void;
};

/** What the left and the right side show; nothing while there is one result, and so nothing to choose. */
export function SidesBar({ pictures, shown, onSides }: Props) {
  const t = useWords();
  if (pictures.length < 3) return null;
  const choices = pictures.map(({ version, words }) => [version, words] as const);
  const sides: Sides = [shown[0].version, shown[1].version];
  return (
    <div className={styles.bar} role="group" aria-label={t("viewer.sides.name")}>
      <Select
        label={t("viewer.sides.left")}
        value={sides[0]}
        choices={choices}
        onChange={(version) => onSides(withLeft(sides, version))}
      />
      <Select
        label={t("viewer.sides.right")}
        value={sides[1]}
        choices={choices}
        onChange={(version) => onSides(swapped(withLeft(swapped(sides), version)))}
      />
    </div>
  );
}
