"use client";

import { useId, type ReactNode } from "react";
import type { Config } from "@/api/types";
import { canProtect, FACTORS, isLoaded, type Options } from "@/photos/options";
import { Choice } from "./Choice";
import { Range } from "./Range";
import styles from "./OptionsPanel.module.css";

type Props = { options: Options; config: Config | null; onChange: (options: Options) => void };

const FACES = { all: "Every face", largest: "The largest", center: "In the middle" } as const;
const FORMATS = { png: "PNG", jpeg: "JPEG", webp: "WebP" } as const;

/** What is asked for, for all photos. */
export function OptionsPanel({ options, config, onChange }: Props) {
  const set = (changes: Partial<Options>) => onChange({ ...options, ...changes });
  const restorers = config?.choices.restorer ?? [];
  return (
    <section className={styles.panel} aria-labelledby="options">
      <h2 id="options" className="visually-hidden">
        Options
      </h2>
      <Choice
        legend="Size"
        value={String(options.upscale_factor)}
        choices={Object.fromEntries(FACTORS.map((factor) => [factor, `×${factor}`]))}
        onChange={(value) => set({ upscale_factor: Number(value) })}
      />
      <Range
        label="Face strength"
        hint="How much of the restored face is laid over the enlarged one"
        value={options.strength}
        onChange={(strength) => set({ strength })}
      />
      <Choice legend="Faces to restore" value={options.faces} choices={FACES} onChange={(faces) => set({ faces })} />
      <Check
        isChecked={options.identity_policy === "protect"}
        isDisabled={config === null || !canProtect(config)}
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
        choices={FORMATS}
        onChange={(output_format) => set({ output_format })}
      />
      {options.output_format !== "png" && (
        <Range
          label="Quality"
          hint="Higher is larger and closer to the result"
          value={options.quality / 100}
          least={0.01}
          unit=""
          onChange={(quality) => set({ quality: Math.round(quality * 100) })}
        />
      )}
      {restorers.length > 1 && (
        <Choice
          legend="Faces are restored by"
          value={options.restorer ?? restorers[0] ?? ""}
          choices={Object.fromEntries(restorers.map((name) => [name, name]))}
          onChange={(name) => set({ restorer: name === restorers[0] ? null : name })}
        />
      )}
    </section>
  );
}

function protectHint(config: Config | null): string {
  if (config !== null && isLoaded(config) && !canProtect(config)) {
    return "This server has no model that recognises people, so it cannot tell";
  }
  return "Soften a face until it is taken for the same person, or leave it as it was";
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
    <label className={styles.check}>
      <input
        type="checkbox"
        checked={isChecked}
        disabled={isDisabled}
        aria-describedby={id}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        {children}
        <span id={id} className={styles.hint}>
          {hint}
        </span>
      </span>
    </label>
  );
}
