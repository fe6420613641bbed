/** The time that is left, in words. */
import type { Words } from "@/words/words";

/** From so many seconds on, steps of five seconds, minutes and hours are told: an estimate is no more exact. */
const FIVES_S = 20;
const MINUTES_S = 90;
const HOURS_S = 5400;

/** "about 12 s left", "about 2 min left"; work is never told to be over while it goes on. */
export function leftInWords(t: Words, seconds: number): string {
  if (seconds < FIVES_S) return t("progress.left.seconds", { count: Math.max(1, Math.ceil(seconds)) });
  if (seconds < MINUTES_S) return t("progress.left.seconds", { count: Math.ceil(seconds / 5) * 5 });
  if (seconds < HOURS_S) return t("progress.left.minutes", { count: Math.round(seconds / 60) });
  return t("progress.left.hours", { count: Math.round(seconds / 3600) });
}

/** "42%"; rounded down, because only a picture that is there is 100% done. */
export function percentInWords(t: Words, fraction: number): string {
  return t("progress.percent", { fraction: Math.floor(fraction * 100) / 100 });
}
