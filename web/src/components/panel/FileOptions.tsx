"use client";

import type { Config } from "@/api/types";
import { hasEffect, OUTPUTS } from "@/photos/formats";
import { knows, type Options } from "@/photos/options";
import { Check } from "@/components/ui/Check";
import { Choice } from "@/components/ui/Choice";
import { Range } from "@/components/ui/Range";
import { offered } from "./offered";
import styles from "./OptionsPanel.module.css";

type Props = { options: Options; config: Config; onChange: (changes: Partial<Options>) => void };

const NAMES = Object.fromEntries(Object.entries(OUTPUTS).map(([format, { name }]) => [format, name])) as Record<
  Options["output_format"],
  string
>;

const NOTES: Partial<Record<Options["output_format"], string>> = {
  tiff: "Most browsers cannot show a TIFF file: you download the result to see it",
  same: "A BMP or GIF becomes a PNG, an iPhone’s HEIC a JPEG",
};

const COLORS: Record<Options["color_profile"], string> = {
  srgb: "sRGB, for every screen",
  keep: "The photo’s own",
};

/** The file of the result: its format, and what is kept of the photo's own. */
export function FileOptions({ options, config, onChange }: Props) {
  const { limits, choices } = config;
  const has = (name: Parameters<typeof hasEffect>[0]) => hasEffect(name, options) && knows(config, name);
  return (
    <details className={styles.fold}>
      <summary className={styles.summary}>
        <h3 className={styles.title}>File</h3>
        <span className={styles.chosen}>{fileInWords(options)}</span>
      </summary>
      <Choice
        legend="Save as"
        value={options.output_format}
        choices={offered(NAMES, choices.output_format)}
        note={NOTES[options.output_format]}
        onChange={(output_format) => onChange({ output_format })}
      />
      {has("lossless") && (
        <Check
          isChecked={options.lossless}
          hint="Every pixel as it was made; the file is larger"
          onChange={(lossless) => onChange({ lossless })}
        >
          Without loss
        </Check>
      )}
      {has("quality") && (
        <Range
          label={options.output_format === "same" ? "Quality of a JPEG, WebP or AVIF" : "Quality"}
          hint="Higher is larger and closer to the result"
          value={options.quality}
          bounds={limits.quality}
          onChange={(quality) => onChange({ quality })}
        />
      )}
      {has("bit_depth") && choices.bit_depth?.includes("16") && (
        <Check
          isChecked={options.bit_depth === "16"}
          hint="Finer steps between colours, for editing afterwards; the file is larger"
          onChange={(isChecked) => onChange({ bit_depth: isChecked ? "16" : "8" })}
        >
          16 bits per colour
        </Check>
      )}
      {choices.color_profile !== undefined && (
        <Choice
          legend="Colours"
          value={options.color_profile}
          choices={offered(COLORS, choices.color_profile)}
          note={
            options.color_profile === "keep"
              ? "The photo’s colour profile goes with the file; programs that ignore it show other colours"
              : undefined
          }
          onChange={(color_profile) => onChange({ color_profile })}
        />
      )}
      {choices.metadata?.includes("keep") && (
        <Check
          isChecked={options.metadata === "keep"}
          hint="Camera, date, author and the like, as far as the photo has them (EXIF, IPTC, XMP)"
          onChange={(isChecked) => onChange({ metadata: isChecked ? "keep" : "none", keep_location: false })}
        >
          Keep camera data
        </Check>
      )}
      {options.metadata === "keep" && knows(config, "keep_location") && (
        <Check
          isChecked={options.keep_location}
          hint="Whoever gets the file can then read where the photo was taken, perhaps your home"
          onChange={(keep_location) => onChange({ keep_location })}
        >
          Keep the location too
        </Check>
      )}
    </details>
  );
}

/** "JPEG · quality 90 · own colours · camera data" */
function fileInWords(options: Options): string {
  const { output_format, quality, lossless, bit_depth, color_profile, metadata, keep_location } = options;
  const words = [
    OUTPUTS[output_format].name,
    hasEffect("quality", options) && `quality ${quality}`,
    hasEffect("lossless", options) && lossless && "without loss",
    hasEffect("bit_depth", options) && bit_depth === "16" && "16 bits",
    color_profile === "keep" && "own colours",
    metadata === "keep" && (keep_location ? "camera data, location" : "camera data"),
  ];
  return words.filter(Boolean).join(" · ");
}
