"use client";

import type { Config } from "@/api/types";
import { obstacleOf } from "@/photos/check";
import { lengthsOf, type Options } from "@/photos/options";
import type { Size } from "@/photos/photo";
import { factorsOf, outputSize } from "@/photos/scale";
import { Choice } from "@/components/ui/Choice";
import { NumberField } from "@/components/ui/NumberField";
import { useWords } from "@/words/context";
import type { Words } from "@/words/words";
import styles from "./OptionsPanel.module.css";

type Props = {
  options: Options;
  config: Config;
  /** Of the shown photo, in pixels; null if the browser cannot tell. */
  size: Size | null;
  onChange: (changes: Partial<Options>) => void;
};

const PIXELS = "pixels";
/** The longer side at first, if the size of the photo is unknown. */
const SOME_LENGTH = 2048;

/** The size of the result: a factor, or the pixels of its longer side. */
export function SizeOptions({ options, config, size, onChange }: Props) {
  const t = useWords();
  const { limits } = config;
  const { upscale_factor, long_side } = options;
  const bounds = lengthsOf(config);
  const factors = factorsOf(limits, upscale_factor);
  const isTooLarge = (factor: number) =>
    size !== null && obstacleOf(size, { ...options, upscale_factor: factor, long_side: null }, limits) !== null;
  const chosen = long_side === null ? String(upscale_factor) : PIXELS;
  const choose = (value: string) => {
    if (value !== PIXELS) onChange({ upscale_factor: Number(value), long_side: null });
    else if (bounds !== null) onChange({ long_side: lengthNow(options, size, bounds) });
  };
  return (
    <>
      <Choice
        legend={t("options.size.title")}
        value={chosen}
        choices={{
          ...Object.fromEntries(factors.map((factor) => [factor, t("options.times", { factor })])),
          ...(bounds === null ? {} : { [PIXELS]: t("options.size.inPixels") }),
        }}
        // What is chosen stays, and the next step says why it is too large.
        disabled={factors
          .filter(isTooLarge)
          .map(String)
          .filter((factor) => factor !== chosen)}
        onChange={choose}
      />
      {long_side !== null && bounds !== null && (
        <NumberField
          label={t("options.size.longSide")}
          value={long_side}
          bounds={bounds}
          onChange={(pixels) => onChange({ long_side: pixels })}
        />
      )}
      {size !== null && <p className={styles.outcome}>{outcomeOf(size, outputSize(size, options), t)}</p>}
    </>
  );
}

/** The longer side that the result has with the present factor, within the bounds. */
function lengthNow(options: Options, size: Size | null, bounds: readonly [number, number]): number {
  const longest = size === null ? SOME_LENGTH : Math.max(...Object.values(outputSize(size, options)));
  return Math.min(Math.max(longest, bounds[0]), bounds[1]);
}

/** "This photo: 256 × 256 px → 512 × 512 px" */
function outcomeOf({ width, height }: Size, output: Size, t: Words): string {
  return t("options.size.outcome", { width, height, newWidth: output.width, newHeight: output.height });
}
