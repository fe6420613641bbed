/** A number as people type it: with a comma or a point, in Arabic digits too, at most so many decimals. */
const ARABIC_DIGITS = "٠١٢٣٤٥٦٧٨٩";

/** NaN for a text that is no such number. */
export function typedNumber(text: string, decimals: number): number {
  const plain = text.trim().replace(/[٠-٩]/g, (digit) => String(ARABIC_DIGITS.indexOf(digit)));
  const pattern = decimals === 0 ? /^\d+$/ : new RegExp(`^\\d+([.,٫]\\d{0,${decimals}})?$`);
  return pattern.test(plain) ? Number(plain.replace(/[,٫]/, ".")) : NaN;
}
