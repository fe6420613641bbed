/** Sizes of files, as a person reads them. */
import type { Locale } from "@/words/locales";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** "812 byte", "1.2 MB", "48 MB", in steps of a thousand. */
export function bytesInWords(locale: Locale, bytes: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** step;
  const maximumFractionDigits = step > 0 && value < 10 ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: "unit", unit: UNITS[step], maximumFractionDigits }).format(value);
}
