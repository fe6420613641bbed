"use client";

import type { Config } from "@/api/types";
import { usePrint } from "@/hooks/usePrint";
import { obstacleOf } from "@/photos/check";
import { lengthsOf, type Options } from "@/photos/options";
import type { Size } from "@/photos/photo";
import { factorsOf, outputSize } from "@/photos/scale";
import { Choice } from "@/components/ui/Choice";
import { NumberField } from "@/components/ui/NumberField";
import { useWords } from "@/words/context";
import type { Words } from "@/words/words";
import { PrintSize } from "./PrintSize";
import styles from "./OptionsPanel.module.css";

type Props = {
  options: Options;
  config: Config;
  /** Of the shown photo, in pixels; null if the browser cannot tell. */
  size: Size | null;
  onChange: (changes: Partial<Options>) => void;
};

const PIXELS = "pixels";
const PRINT = "print";
/** The longer side at first, if the size of the photo is unknown. */
const SOME_LENGTH = 2048;

/** The size of the result: a factor, the pixels of its longer side, or a length on paper. */
export function SizeOptions({ options, config, size, onChange }: Props) {
  const t = useWords();
  const { print, setPrint, isForPrint, setForPrint } = usePrint();
  const { limits } = config;
  const { upscale_factor, long_side } = options;
  const bounds = lengthsOf(config);
  const factors = factorsOf(limits, upscale_factor);
  const isTooLarge = (factor: number) =>
    size !== null && obstacleOf(size, { ...options, upscale_factor: factor, long_side: null }, limits) !== null;
  // Without its size nobody can tell how large a photo is on paper.
  const inLengths = isForPrint && size !== null ? PRINT : PIXELS;
  const chosen = long_side === null ? String(upscale_factor) : inLengths;
  const choose = (value: string) => {
    setForPrint(value === PRINT);
    if (value !== PIXELS && value !== PRINT) onChange({ upscale_factor: Number(value), long_side: null });
    else if (bounds !== null && long_side === null) onChange({ long_side: lengthNow(options, size, bounds) });
  };
  const setLength = (pixels: number) => onChange({ long_side: pixels });
  // What is chosen stays, and the next step says why it is too large.
  const impossible = factors.filter(isTooLarge).map(String);
  const disabled = [...impossible, ...(size === null ? [PRINT] : [])].filter((value) => value !== chosen);
  const inOtherUnits = { [PIXELS]: t("options.size.inPixels"), [PRINT]: t("options.size.forPrint") };
  return (
    <>
      <Choice
        legend={t("options.size.title")}
        value={chosen}
        choices={{
          ...Object.fromEntries(factors.map((factor) => [factor, t("options.times", { factor })])),
          ...(bounds === null ? {} : inOtherUnits),
        }}
        disabled={disabled}
        onChange={choose}
      />
      {chosen === PIXELS && long_side !== null && bounds !== null && (
        <NumberField
          label={t("options.size.longSide")}
          value={long_side}
          bounds={bounds}
          hint={t("options.wholeNumber", { least: bounds[0], most: bounds[1] })}
          onChange={setLength}
        />
      )}
      {chosen === PRINT && long_side !== null && bounds !== null && size !== null && (
        <PrintSize
          longSide={long_side}
          options={options}
          config={config}
          size={size}
          bounds={bounds}
          print={print}
          onPrint={setPrint}
          onLongSide={setLength}
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
