"use client";

import type { Config } from "@/api/types";
import { scaleInWords } from "@/photos/figures";
import { OUTPUTS } from "@/photos/formats";
import { canProtect, UNSAID, type Options } from "@/photos/options";
import type { Size } from "@/photos/photo";
import { presetsOf, QUALITIES, qualityInWords, restorerOf } from "@/photos/quality";
import { restorerInWords } from "@/photos/restorers";
import { startIn, startsOf } from "@/photos/starts";
import { Check } from "@/components/ui/Check";
import { Choice } from "@/components/ui/Choice";
import { Range } from "@/components/ui/Range";
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

const FACES: Record<Options["faces"], string> = {
  all: "Every face",
  largest: "The largest",
  center: "The middle one",
};

/** The options for all photos. */
export function OptionsPanel({ options, config, size, isFolded, onChange }: Props) {
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
        <h2 className={styles.title}>Options</h2>
        <span className={styles.chosen}>{summaryOf(options)}</span>
      </summary>
      {presets.length > 0 && (
        <Choice
          legend="Speed or quality"
          value={options.preset}
          choices={offered(QUALITIES, presets)}
          note={qualityInWords(options, config)}
          onChange={(preset) => set({ preset })}
        />
      )}
      {starts.length > 0 && (
        <Choice
          legend="Start from"
          value={start?.name ?? null}
          choices={Object.fromEntries(starts.map(({ name }) => [name, name]))}
          note={start?.words ?? "Own settings"}
          onChange={(name) => set(starts.find((one) => one.name === name)?.options ?? {})}
        />
      )}
      <SizeOptions options={options} config={config} size={size} onChange={set} />
      <Range
        label="Face strength"
        hint="How much of the restored face is laid over the enlarged one"
        value={options.strength}
        bounds={limits.strength}
        stepsPerUnit={100}
        unit=" %"
        onChange={(strength) => set({ strength })}
      />
      <Choice
        legend="Faces to restore"
        value={options.faces}
        choices={offered(FACES, choices.faces)}
        onChange={(faces) => set({ faces })}
      />
      {restorers.length > 1 && (
        <Choice
          legend="How to restore faces"
          value={options.restorer ?? usual}
          choices={Object.fromEntries(restorers.map((name) => [name, restorerInWords(name) ?? name]))}
          hints={Object.fromEntries(restorers.filter(restorerInWords).map((name) => [name, name]))}
          onChange={(name) => set({ restorer: name === usual ? null : name })}
        />
      )}
      <Check
        isChecked={options.identity_policy === "protect"}
        isDisabled={!canProtect(config)}
        hint={protectHint(config)}
        onChange={(isChecked) => set({ identity_policy: isChecked ? "protect" : "warn" })}
      >
        Keep the likeness
      </Check>
      <Check
        isChecked={options.color_correction === "auto"}
        hint="White balance and contrast of a faded photo"
        onChange={(isChecked) => set({ color_correction: isChecked ? "auto" : "none" })}
      >
        Correct the colours
      </Check>
      <FileOptions options={options} config={config} onChange={set} />
    </details>
  );
}

/** "fast · ×2 · 80 % · the largest · gfpgan-v1.4 · PNG" */
function summaryOf(options: Options) {
  const { preset, upscale_factor, long_side, strength, faces, restorer } = options;
  const words = [
    preset !== UNSAID.preset && QUALITIES[preset].toLowerCase(),
    long_side === null ? `×${upscale_factor}` : `${long_side} px`,
    `${Math.round(strength * 100)} %`,
    faces !== "all" && FACES[faces].toLowerCase(),
    restorer,
    options.identity_policy === "protect" && "likeness kept",
    options.color_correction === "auto" && "colours corrected",
    OUTPUTS[options.output_format].name,
  ];
  return words.filter(Boolean).join(" · ");
}

function protectHint(config: Config): string {
  const hint = "Soften a face until it is taken for the same person, or leave it as it was";
  if (!canProtect(config)) return "This server has no model that recognises people, so it cannot tell";
  const words = scaleInWords({ threshold: config.identity_threshold, recogniser: config.identity_recogniser });
  return `${hint}: ${words}`;
}
