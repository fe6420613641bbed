"use client";

import { useState } from "react";
import type { Config } from "@/api/types";
import { outputInWords } from "@/photos/formats";
import { UNSAID, type Options } from "@/photos/options";
import type { Size } from "@/photos/photo";
import { QUALITIES } from "@/photos/quality";
import { keepsGrain, optionsOf, wayIn, waysOf, withGrain, withoutGrain, type Way } from "@/photos/ways";
import { Check } from "@/components/ui/Check";
import { useWords } from "@/words/context";
import type { Words } from "@/words/words";
import { FileOptions } from "./FileOptions";
import { FACES, OwnSettings } from "./OwnSettings";
import { SizeOptions } from "./SizeOptions";
import { WayChoice } from "./WayChoice";
import styles from "./OptionsPanel.module.css";

type Props = {
  options: Options;
  config: Config;
  /** Of the shown photo, in pixels; null if the browser cannot tell. */
  size: Size | null;
  /** Whether the panel starts closed, because a result is shown under it. */
  isFolded: boolean;
  onChange: (options: Options) => void;
};

/** The options for all photos: a way to begin or own settings, the size, and the file. */
export function OptionsPanel({ options, config, size, isFolded, onChange }: Props) {
  const t = useWords();
  const [isOwn, setOwn] = useState(false);
  const set = (changes: Partial<Options>) => onChange({ ...options, ...changes });
  const ways = waysOf(config);
  const way = wayIn(options, config);
  const shown = isOwn ? null : way; // own settings stay open, even when they happen to be a way again
  const choose = (chosen: Way) => {
    setOwn(false);
    set(optionsOf(chosen, config));
  };
  const setByHand = (changes: Partial<Options>) => {
    setOwn(true);
    set(changes);
  };
  return (
    <details key={String(isFolded)} open={!isFolded} className={styles.panel}>
      <summary className={styles.summary}>
        <h2 className={styles.title}>{t("options.title")}</h2>
        <span className={styles.chosen}>{summaryOf(options, way, t)}</span>
      </summary>
      {ways.length > 0 && <WayChoice ways={ways} chosen={shown} onWay={choose} onOwn={() => setOwn(true)} />}
      {shown === "old_photo" && (
        <Check
          isChecked={keepsGrain(options)}
          hint={t("options.grain.hint")}
          onChange={(keeps) => set(keeps ? withGrain(config) : withoutGrain(shown, config))}
        >
          {t("options.grain.title")}
        </Check>
      )}
      <SizeOptions options={options} config={config} size={size} onChange={set} />
      {shown === null && <OwnSettings options={options} config={config} onChange={setByHand} />}
      <FileOptions options={options} config={config} onChange={set} />
    </details>
  );
}

/** "Old photo · ×2 · PNG", or with own settings "Fast · ×2 · 80 % · The largest · gfpgan-v1.4 · PNG" */
function summaryOf(options: Options, way: Way | null, t: Words) {
  const { preset, upscale_factor, long_side, output_format } = options;
  const words = [
    way !== null && t(`options.ways.${way}.name`),
    preset !== UNSAID.preset && t(QUALITIES[preset]),
    long_side === null ? t("options.times", { factor: upscale_factor }) : t("options.pixels", { count: long_side }),
    ...(way === null ? ownInWords(options, t) : []),
    keepsGrain(options) && t("options.grain.kept"),
    outputInWords(output_format, t),
  ];
  return words.filter(Boolean).join(" · ");
}

function ownInWords({ strength, faces, restorer, identity_policy, color_correction }: Options, t: Words) {
  return [
    t("options.percent", { value: Math.round(strength * 100) }),
    faces !== "all" && t(FACES[faces]),
    restorer,
    identity_policy === "protect" && t("options.likeness.kept"),
    color_correction === "auto" && t("options.colors.corrected"),
  ];
}
