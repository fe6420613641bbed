import type { Facts } from "@/api/types";
import { figuresOf, type Scale } from "@/photos/figures";
import styles from "./Figures.module.css";

type Props = { facts: Facts; scale: Scale };

export function Figures({ facts, scale }: Props) {
  return (
    <section aria-labelledby="figures">
      <h2 id="figures" className={styles.title}>
        What changed
      </h2>
      <dl className={styles.list}>
        {figuresOf(facts, scale).map(({ name, value, meaning, explanation }) => (
          <div key={name} className={styles.figure}>
            <dt className={styles.name}>{name}</dt>
            <dd className={value === null ? styles.unknown : styles.value}>{value ?? "unknown"}</dd>
            <dd className={value === null ? styles.reason : styles.meaning}>{meaning}</dd>
            <dd className={styles.explanation}>{explanation}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
