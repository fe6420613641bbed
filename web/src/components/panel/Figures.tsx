"use client";

import type { Config } from "@/api/types";
import { useStored } from "@/hooks/useStored";
import { figuresOf, whyNone, type Scale } from "@/photos/figures";
import type { Result } from "@/photos/photo";
import { useWords } from "@/words/context";
import styles from "./Figures.module.css";
import { Lacking } from "./Lacking";

type Props = { result: Result; scale: Scale; config: Config };

/** The figures, with what they mean, in a fold that stays as the person has left it; or why there are none. */
export function Figures({ result, scale, config }: Props) {
  const t = useWords();
  const [fold, setFold] = useStored("localStorage", "likeness.figures");
  const { facts, request } = result;
  if (facts.metrics === null) return <p className={styles.none}>{whyNone(request.options, config, t)}</p>;
  const figures = figuresOf(facts, scale, t);
  const isLacking = (value: string | null, code: string) =>
    value === null && facts.warnings.some((warning) => warning.code === code);
  return (
    <details
      className={styles.fold}
      open={fold === "open"}
      onToggle={({ currentTarget: { open } }) => setFold(open ? "open" : null)}
    >
      <summary className={styles.summary}>
        <h2 id="figures" className={styles.title}>
          {t("result.figures.title")}
        </h2>
        <span className={styles.names} aria-hidden="true">
          {figures.map(({ name }) => name).join(" · ")}
        </span>
      </summary>
      <section aria-labelledby="figures">
        <dl className={styles.list}>
          {figures.map(({ name, value, meaning, explanation }) => (
            <div key={name} className={styles.figure}>
              <dt className={styles.name}>{name}</dt>
              <dd className={value === null ? styles.unknown : styles.value}>{value ?? t("result.figures.unknown")}</dd>
              <dd className={value === null ? styles.reason : styles.meaning}>
                {name === "LPIPS" && isLacking(value, "lpips_unavailable") ? (
                  <Lacking role="perceptual" facts={facts} config={config} />
                ) : (
                  meaning
                )}
              </dd>
              <dd className={styles.explanation}>{explanation}</dd>
            </div>
          ))}
        </dl>
      </section>
    </details>
  );
}
