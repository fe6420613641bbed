"use client";

import { useState } from "react";
import type { Shown } from "@/photos/versions";
import { Select } from "@/components/ui/Select";
import { useWords } from "@/words/context";
import styles from "./Difference.module.css";
import comparison from "./Comparison.module.css";
import { Layer, type Placed } from "./Layer";

type Props = Placed & {
  pictures: Shown;
};

/** How many times brighter than the difference itself, which is hard to see. */
const FACTORS = ["1", "4", "16"] as const;

/** Where two pictures are not the same: the absolute difference of each pixel, made brighter. */
export function Difference({ pictures: [left, right], ...layer }: Props) {
  const t = useWords();
  const [factor, setFactor] = useState<(typeof FACTORS)[number]>("4");
  const { x, y, width, height } = layer.shown;
  const choices = FACTORS.map((one) => [one, t("viewer.difference.times", { factor: Number(one) })] as const);
  return (
    <div className={comparison.frame} style={{ left: x, top: y, width, height }}>
      <div className={styles.pictures} style={{ filter: `brightness(${factor})` }}>
        <Layer {...layer} picture={left} />
        <div className={styles.over}>
          <Layer {...layer} picture={right} />
        </div>
      </div>
      <div className={styles.legend}>
        <span>{t("viewer.difference.legend")}</span>
        <Select label={t("viewer.difference.amplified")} value={factor} choices={choices} onChange={setFactor} />
      </div>
    </div>
  );
}
