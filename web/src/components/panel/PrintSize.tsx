"use client";

import type { Config } from "@/api/types";
import type { Options } from "@/photos/options";
import type { Size } from "@/photos/photo";
import {
  DENSITIES,
  detailOf,
  longSideFor,
  mostLongSide,
  printedLength,
  roundedLength,
  SIDES,
  UNITS,
  type Print,
} from "@/photos/print";
import { NumberField } from "@/components/ui/NumberField";
import { Select } from "@/components/ui/Select";
import { useWords } from "@/words/context";
import styles from "./PrintSize.module.css";

type Props = {
  /** Of the result, in pixels. */
  longSide: number;
  options: Options;
  config: Config;
  /** Of the shown photo, in pixels. */
  size: Size;
  /** The smallest and the largest long side that the server takes, in pixels. */
  bounds: readonly [number, number];
  print: Print;
  onPrint: (print: Print) => void;
  onLongSide: (pixels: number) => void;
};

/** The size of the result on paper, what the photo gives there, and whether that is enough. */
export function PrintSize({ longSide, options, config, size, bounds, print, onPrint, onLongSide }: Props) {
  const t = useWords();
  const most = mostLongSide(size, options, config.limits, bounds);
  const lengthFor = (pixels: number) => roundedLength(printedLength(pixels, print, size), print);
  const [least, largest] = [lengthFor(bounds[0]), lengthFor(most)];
  const within = (pixels: number) => Math.min(Math.max(pixels, bounds[0]), most);
  const length = lengthFor(longSide);
  const longest = Math.max(size.width, size.height);
  const detail = detailOf(longSide, size);
  const { side, unit, dpi } = print;
  const measureAt = (density: string) => {
    const changed = { ...print, dpi: Number(density) as Print["dpi"] };
    onPrint(changed);
    onLongSide(within(longSideFor(length, changed, size))); // the same length
  };
  return (
    <div className={styles.print}>
      <div className={styles.choices}>
        <Select
          label={t("options.print.side")}
          value={side}
          choices={SIDES.map((one) => [one, t(`options.print.${one}`)] as const)}
          onChange={(chosen) => onPrint({ ...print, side: chosen })}
        />
        <Select
          label={t("options.print.unit")}
          value={unit}
          choices={UNITS.map((one) => [one, t(`options.print.${one}`)] as const)}
          onChange={(chosen) => onPrint({ ...print, unit: chosen })}
        />
        <Select
          label={t("options.print.resolution")}
          value={String(dpi)}
          choices={DENSITIES.map((one) => [String(one), t("options.print.dpi", { dpi: one })] as const)}
          onChange={measureAt}
        />
      </div>
      <NumberField
        label={t("options.print.length")}
        value={length}
        bounds={[least, largest]}
        decimals={unit === "cm" ? 1 : 2}
        hint={t(`options.print.most.${unit}`, { least, most: largest })}
        onChange={(typed) => onLongSide(within(longSideFor(typed, print, size)))}
      />
      <p className={styles.gives}>{t(`options.print.gives.${unit}`, { length: lengthFor(longest), dpi })}</p>
      {detail !== "own" && (
        <p role="status" className={styles.warning}>
          {t(detail === "guessed" ? "options.print.guessed" : "options.print.mostlyGuessed", {
            factor: longSide / longest,
          })}
        </p>
      )}
    </div>
  );
}
