import type { Config } from "@/api/types";
import { figuresOf, whyNone, type Scale } from "@/photos/figures";
import type { Result } from "@/photos/photo";
import { useWords } from "@/words/context";
import styles from "./Figures.module.css";

type Props = { result: Result; scale: Scale; config: Config };

export function Figures({ result, scale, config }: Props) {
  const t = useWords();
  const { facts, request } = result;
  return (
    <section aria-labelledby="figures">
      <h2 id="figures" className={styles.title}>
        {t("result.figures.title")}
      </h2>
      {facts.metrics === null ? (
        <p className={styles.none}>{whyNone(request.options, config, t)}</p>
      ) : (
        <dl className={styles.list}>
          {figuresOf(facts, scale, t).map(({ name, value, meaning, explanation }) => (
            <div key={name} className={styles.figure}>
              <dt className={styles.name}>{name}</dt>
              <dd className={value === null ? styles.unknown : styles.value}>{value ?? t("result.figures.unknown")}</dd>
              <dd className={value === null ? styles.reason : styles.meaning}>{meaning}</dd>
              <dd className={styles.explanation}>{explanation}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
