"use client";

import { useId } from "react";
import type { Way } from "@/photos/ways";
import { Icon } from "@/components/ui/Icon";
import { useWords } from "@/words/context";
import { Example } from "./Example";
import styles from "./WayChoice.module.css";

type Props = {
  ways: readonly Way[];
  /** Null: a person's own settings. */
  chosen: Way | null;
  onWay: (way: Way) => void;
  onOwn: () => void;
};

/** The ways to begin, each with a picture of what it does, and own settings. */
export function WayChoice({ ways, chosen, onWay, onOwn }: Props) {
  const t = useWords();
  const name = useId();
  return (
    <fieldset>
      <legend className={styles.legend}>{t("options.ways.title")}</legend>
      <div className={styles.ways}>
        {ways.map((way) => (
          <label key={way} className={styles.way}>
            <input
              type="radio"
              name={name}
              checked={way === chosen}
              aria-labelledby={`${name}-${way}`}
              aria-describedby={`${name}-${way}-what`}
              onChange={() => onWay(way)}
            />
            <Example name={way} alt={t(`options.ways.${way}.example`)} />
            <span className={styles.words}>
              <span id={`${name}-${way}`} className={styles.name}>
                {t(`options.ways.${way}.name`)}
              </span>
              <span id={`${name}-${way}-what`} className={styles.what}>
                {t(`options.ways.${way}.words`)}
              </span>
            </span>
          </label>
        ))}
        <label className={styles.way}>
          <input
            type="radio"
            name={name}
            checked={chosen === null}
            aria-labelledby={`${name}-own`}
            aria-describedby={`${name}-own-what`}
            onChange={onOwn}
          />
          <span className={styles.icon}>
            <Icon name="settings" size={24} />
          </span>
          <span className={styles.words}>
            <span id={`${name}-own`} className={styles.name}>
              {t("options.ways.own.name")}
            </span>
            <span id={`${name}-own-what`} className={styles.what}>
              {t("options.ways.own.words")}
            </span>
          </span>
        </label>
      </div>
    </fieldset>
  );
}
