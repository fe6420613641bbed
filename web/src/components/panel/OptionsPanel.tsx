"use client";

import type { Config } from "@/api/types";
import { outputInWords } from "@/photos/formats";
import { canProtect, UNSAID, type Options } from "@/photos/options";
import type { Size } from "@/photos/photo";
import { presetsOf, QUALITIES, qualityInWords, restorerOf } from "@/photos/quality";
import { restorerInWords } from "@/photos/restorers";
import { startIn, startsOf, type Start } from "@/photos/starts";
import { Check } from "@/components/ui/Check";
import { Choice } from "@/components/ui/Choice";
import { Range } from "@/components/ui/Range";
import { useWords } from "@/words/context";
import type { MessageKey, Words } from "@/words/words";
import { FileOptions } from "./FileOptions";
import { offered } from "./offered";
import { SizeOptions } from "./SizeOptions";
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

const FACES = {
  all: "options.faces.all",
  largest: "options.faces.largest",
  center: "options.faces.center",
} as const satisfies Record<Options["faces"], MessageKey>;

/** The options for all photos. */
export function OptionsPanel({ options, config, size, isFolded, onChange }: Props) {
  const t = useWords();
  const set = (changes: Partial<Options>) => onChange({ ...options, ...changes });
  const { limits, choices } = config;
  const restorers = choices.restorer ?? [];
  const usual = restorerOf({ ...options, restorer: null }, config);
  const presets = Object.keys(presetsOf(config));
  const starts = startsOf(config);
  const start = startIn(options, starts);
  return (
    <details key={String(isFolded)} open={!isFolded} className={styles.panel}>
      <summary className={styles.summary}>
        <h2 className={styles.title}>{t("options.title")}</h2>
        <span className={styles.chosen}>{summaryOf(options, t)}</span>
      </summary>
      {presets.length > 0 && (
        <Choice
          legend={t("options.presets.title")}
          value={options.preset}
          choices={offered(inWords(QUALITIES, t), presets)}
          note={qualityInWords(options, config, t)}
          onChange={(preset) => set({ preset })}
        />
      )}
      {starts.length > 0 && (
        <Choice
          legend={t("options.starts.title")}
          value={start?.id ?? null}
          choices={startNames(starts, t)}
          note={t(start === null ? "options.starts.own" : `options.starts.${start.id}.words`)}
          onChange={(id) => set(starts.find((one) => one.id === id)?.options ?? {})}
        />
      )}
      <SizeOptions options={options} config={config} size={size} onChange={set} />
      <Range
        label={t("options.strength.title")}
        hint={t("options.strength.hint")}
        value={options.strength}
        bounds={limits.strength}
        stepsPerUnit={100}
        inWords={(value) => t("options.percent", { value })}
        onChange={(strength) => set({ strength })}
      />
      <Choice
        legend={t("options.faces.title")}
        value={options.faces}
        choices={offered(inWords(FACES, t), choices.faces)}
        onChange={(faces) => set({ faces })}
      />
      {restorers.length > 1 && (
        <Choice
          legend={t("options.restorers.title")}
          value={options.restorer ?? usual}
          choices={Object.fromEntries(restorers.map((name) => [name, restorerInWords(name, t) ?? name]))}
          hints={Object.fromEntries(restorers.filter((name) => restorerInWords(name, t)).map((name) => [name, name]))}
          onChange={(name) => set({ restorer: name === usual ? null : name })}
        />
      )}
      <Check
        isChecked={options.identity_policy === "protect"}
        isDisabled={!canProtect(config)}
        hint={protectHint(config, t)}
        onChange={(isChecked) => set({ identity_policy: isChecked ? "protect" : "warn" })}
      >
        {t("options.likeness.title")}
      </Check>
      <Check
        isChecked={options.color_correction === "auto"}
        hint={t("options.colors.hint")}
        onChange={(isChecked) => set({ color_correction: isChecked ? "auto" : "none" })}
      >
        {t("options.colors.title")}
      </Check>
      <FileOptions options={options} config={config} onChange={set} />
    </details>
  );
}

function startNames(starts: readonly Start[], t: Words) {
  const names = starts.map(({ id }) => [id, t(`options.starts.${id}.name`)]);
  return Object.fromEntries(names) as Record<Start["id"], string>;
}

/** "Fast · ×2 · 80 % · The largest · gfpgan-v1.4 · PNG" */
function summaryOf(options: Options, t: Words) {
  const { preset, upscale_factor, long_side, strength, faces, restorer } = options;
  const words = [
    preset !== UNSAID.preset && t(QUALITIES[preset]),
    long_side === null ? t("options.times", { factor: upscale_factor }) : t("options.pixels", { count: long_side }),
    t("options.percent", { value: Math.round(strength * 100) }),
    faces !== "all" && t(FACES[faces]),
    restorer,
    options.identity_policy === "protect" && t("options.likeness.kept"),
    options.color_correction === "auto" && t("options.colors.corrected"),
    outputInWords(options.output_format, t),
  ];
  return words.filter(Boolean).join(" · ");
}

function protectHint({ identity_recogniser: recogniser, identity_threshold: threshold }: Config, t: Words): string {
  if (recogniser === null || threshold === null) return t("options.likeness.unknown");
  return t("options.likeness.hint", { threshold, recogniser });
}

function inWords<T extends string>(keys: Readonly<Record<T, MessageKey>>, t: Words) {
  return Object.fromEntries(Object.entries<MessageKey>(keys).map(([name, key]) => [name, t(key)])) as Record<T, string>;
}
