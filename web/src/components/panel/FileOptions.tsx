"use client";

import type { Config } from "@/api/types";
import { hasEffect, OUTPUTS, outputInWords } from "@/photos/formats";
import { knows, type Options } from "@/photos/options";
import { Check } from "@/components/ui/Check";
import { Choice } from "@/components/ui/Choice";
import { Range } from "@/components/ui/Range";
import { useWords } from "@/words/context";
import type { MessageKey, Words } from "@/words/words";
import { offered } from "./offered";
import { StartChoice } from "./StartChoice";
import styles from "./OptionsPanel.module.css";

type Props = { options: Options; config: Config; onChange: (changes: Partial<Options>) => void };

const FORMATS = Object.keys(OUTPUTS) as Options["output_format"][];

const NOTES = {
  png: "options.file.notes.png",
  jpeg: "options.file.notes.jpeg",
  webp: "options.file.notes.webp",
  avif: "options.file.notes.avif",
  tiff: "options.file.notes.tiff",
  same: "options.file.notes.same",
} as const satisfies Record<Options["output_format"], MessageKey>;

/** The file of the result: its format, and what is kept of the photo's own. */
export function FileOptions({ options, config, onChange }: Props) {
  const t = useWords();
  const { limits, choices } = config;
  const has = (name: Parameters<typeof hasEffect>[0]) => hasEffect(name, options) && knows(config, name);
  return (
    <details className={styles.fold}>
      <summary className={styles.summary}>
        <h3 className={styles.title}>{t("options.file.title")}</h3>
        <span className={styles.chosen}>{fileInWords(options, t)}</span>
      </summary>
      <StartChoice options={options} config={config} onChange={onChange} />
      <Choice
        legend={t("options.file.format")}
        value={options.output_format}
        choices={offered(namesOf(t), choices.output_format)}
        note={t(NOTES[options.output_format])}
        onChange={(output_format) => onChange({ output_format })}
      />
      {has("lossless") && (
        <Check
          isChecked={options.lossless}
          hint={t("options.file.lossless.hint")}
          onChange={(lossless) => onChange({ lossless })}
        >
          {t("options.file.lossless.title")}
        </Check>
      )}
      {has("quality") && (
        <Range
          label={t(options.output_format === "same" ? "options.file.quality.several" : "options.file.quality.title")}
          hint={t("options.file.quality.hint")}
          value={options.quality}
          bounds={limits.quality}
          onChange={(quality) => onChange({ quality })}
        />
      )}
      {has("bit_depth") && choices.bit_depth?.includes("16") && (
        <Check
          isChecked={options.bit_depth === "16"}
          hint={t("options.file.depth.hint")}
          onChange={(isChecked) => onChange({ bit_depth: isChecked ? "16" : "8" })}
        >
          {t("options.file.depth.title")}
        </Check>
      )}
      {choices.color_profile !== undefined && (
        <Choice
          legend={t("options.file.colors.title")}
          value={options.color_profile}
          choices={offered(
            { srgb: t("options.file.colors.srgb"), keep: t("options.file.colors.keep") },
            choices.color_profile,
          )}
          note={t(`options.file.colors.notes.${options.color_profile}`)}
          onChange={(color_profile) => onChange({ color_profile })}
        />
      )}
      {choices.metadata?.includes("keep") && (
        <Check
          isChecked={options.metadata === "keep"}
          hint={t("options.file.camera.hint")}
          onChange={(isChecked) => onChange({ metadata: isChecked ? "keep" : "none", keep_location: false })}
        >
          {t("options.file.camera.title")}
        </Check>
      )}
      {options.metadata === "keep" && knows(config, "keep_location") && (
        <Check
          isChecked={options.keep_location}
          hint={t("options.file.location.hint")}
          onChange={(keep_location) => onChange({ keep_location })}
        >
          {t("options.file.location.title")}
        </Check>
      )}
    </details>
  );
}

function namesOf(t: Words) {
  return Object.fromEntries(FORMATS.map((format) => [format, outputInWords(format, t)])) as Record<
    Options["output_format"],
    string
  >;
}

/** "JPEG · quality 90 · own colours · camera data" */
function fileInWords(options: Options, t: Words): string {
  const { output_format, quality, lossless, bit_depth, color_profile, metadata, keep_location } = options;
  const words = [
    outputInWords(output_format, t),
    hasEffect("quality", options) && t("options.file.quality.chosen", { quality }),
    hasEffect("lossless", options) && lossless && t("options.file.lossless.kept"),
    hasEffect("bit_depth", options) && bit_depth === "16" && t("options.file.depth.chosen"),
    color_profile === "keep" && t("options.file.colors.kept"),
    metadata === "keep" && t(keep_location ? "options.file.camera.keptWithLocation" : "options.file.camera.kept"),
  ];
  return words.filter(Boolean).join(" · ");
}
