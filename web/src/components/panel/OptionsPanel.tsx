"use client";

import { useId, type ReactNode } from "react";
import type { Config } from "@/api/types";
import { scaleInWords } from "@/photos/figures";
import { OUTPUT_NAMES } from "@/photos/formats";
import { canProtect, factorsOf, type Options } from "@/photos/options";
import { restorerInWords } from "@/photos/restorers";
import { Choice } from "@/components/ui/Choice";
import { Range } from "@/components/ui/Range";
import styles from "./OptionsPanel.module.css";

type Props = {
  options: Options;
  config: Config;
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
export function OptionsPanel({ options, config, isFolded, onChange }: Props) {
  const set = (changes: Partial<Options>) => onChange({ ...options, ...changes });
  const { limits, choices } = config;
  const restorers = choices.restorer ?? [];
  return (
    <details key={String(isFolded)} open={!isFolded} className={styles.panel}>
      <summary className={styles.summary}>
        <h2 className={styles.title}>Options</h2>
        <span className={styles.chosen}>{summaryOf(options)}</span>
      </summary>
      <Choice
        legend="Size"
        value={String(options.upscale_factor)}
        choices={Object.fromEntries(factorsOf(limits).map((factor) => [factor, `×${factor}`]))}
        onChange={(value) => set({ upscale_factor: Number(value) })}
      />
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
          value={options.restorer ?? restorers[0] ?? ""}
          choices={Object.fromEntries(restorers.map((name) => [name, restorerInWords(name) ?? name]))}
          hints={Object.fromEntries(restorers.filter(restorerInWords).map((name) => [name, name]))}
          onChange={(name) => set({ restorer: name === restorers[0] ? null : name })}
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
      <Choice
        legend="Save as"
        value={options.output_format}
        choices={offered(OUTPUT_NAMES, choices.output_format)}
        onChange={(output_format) => set({ output_format })}
      />
      {options.output_format !== "png" && (
        <Range
          label="Quality"
          hint="Higher is larger and closer to the result"
          value={options.quality}
          bounds={limits.quality}
          onChange={(quality) => set({ quality })}
        />
      )}
    </details>
  );
}

/** The words for those choices that the server offers. */
function offered<T extends string>(words: Readonly<Record<T, string>>, choices: readonly string[] | undefined) {
  return Object.fromEntries(Object.entries(words).filter(([name]) => choices?.includes(name))) as Record<T, string>;
}

/** "×2 · 80 % · the largest · gfpgan-v1.4 · PNG" */
function summaryOf(options: Options) {
  const { upscale_factor, strength, faces, restorer, identity_policy, color_correction, output_format } = options;
  const words = [
    `×${upscale_factor}`,
    `${Math.round(strength * 100)} %`,
    faces !== "all" && FACES[faces].toLowerCase(),
    restorer,
    identity_policy === "protect" && "likeness kept",
    color_correction === "auto" && "colours corrected",
    OUTPUT_NAMES[output_format],
  ];
  return words.filter(Boolean).join(" · ");
}

function protectHint(config: Config): string {
  const hint = "Soften a face until it is taken for the same person, or leave it as it was";
  if (!canProtect(config)) return "This server has no model that recognises people, so it cannot tell";
  const words = scaleInWords({ threshold: config.identity_threshold, recogniser: config.identity_recogniser });
  return `${hint}: ${words}`;
}

type CheckProps = {
  isChecked: boolean;
  isDisabled?: boolean;
  hint: string;
  onChange: (isChecked: boolean) => void;
  children: ReactNode;
};

function Check({ isChecked, isDisabled = false, hint, onChange, children }: CheckProps) {
  const id = useId();
  return (
    <div className={styles.check}>
      <label className={styles.words}>
        <input
          type="checkbox"
          checked={isChecked}
          disabled={isDisabled}
          aria-describedby={id}
          onChange={(event) => onChange(event.target.checked)}
        />
        {children}
      </label>
      <p id={id} className={styles.hint}>
        {hint}
      </p>
    </div>
  );
}
