/** The way of a photo from the click to the picture, by time: its pace, and the seconds that are left. */
import { isOfServer, sumOf, type Seconds } from "./steps";

export type Course = {
  /** What each step is to take, and what is left of it. */
  weights: Seconds;
  left: Seconds;
  /** The step that is under way, which part of it is done, and the steps that are over. */
  present: string;
  part: number;
  passed: readonly string[];
  /** In [0, 1]; it never falls. */
  fraction: number;
  /** Whether the weights are this server's own, and not typical ones. */
  isMeasured: boolean;
  /** Whether it waits for others and nobody knows how long. */
  isHeld: boolean;
  /** Bytes of the photo; when its upload or its download began (ms). */
  bytes: number;
  since: number;
  /** Seconds of the server's stages so far: by their weights, and by the clock. */
  planned: number;
  took: number;
  /** The last news (ms), and how many seconds were left then; null: unknown. */
  at: number;
  shown: number | null;
};

/** How much the server's plan counts against the pace that was seen: this part of its work, or so many seconds. */
const TRUST = 0.1;
const TRUST_S = 3;
/** Without a plan: which part of the work must be seen before the pace of this photo is known, and for how long. */
const SEEN = 0.15;
const SEEN_S = 1.5;
/** In which the seconds that are shown follow a new estimate. */
const SMOOTH_S = 1;
/** An estimate that is so many times as long, or as short, is shown at once. */
const FAR = 2;
/** What a server has measured while others used its machine may be wrong by this much. */
const MOST_PACE = 1000;

/** Seconds until the picture is there; null if that is unknown. */
export function secondsLeft(course: Course, now: number): number | null {
  if (course.shown === null) return null;
  const { present, left } = course;
  // What comes after the present step does not become less while this one takes longer than was thought.
  const later = timeOf({ ...left, [present]: 0 }, course);
  return Math.max(course.shown - Math.max(0, now - course.at) / 1000, Math.min(later, course.shown), 0);
}

/** How many times as long as its weights the server's work takes here; null: unknown. */
function paceOf({ weights, isMeasured, planned, took }: Course): number | null {
  const whole = sumOf(Object.fromEntries(Object.entries(weights).filter(([step]) => isOfServer(step))));
  if (!isMeasured && (planned < whole * SEEN || took < SEEN_S)) return null;
  const trusted = isMeasured ? Math.min(whole * TRUST, TRUST_S) : 0;
  const pace = planned + trusted > 0 ? (took + trusted) / (planned + trusted) : 1;
  return Math.min(MOST_PACE, Math.max(1 / MOST_PACE, pace));
}

function timeOf(left: Seconds, course: Course): number {
  const pace = paceOf(course) ?? 1;
  return Object.entries(left).reduce((sum, [step, each]) => sum + each * (isOfServer(step) ? pace : 1), 0);
}

/** With the time of the news, what it says of the pace, and the seconds that are left. */
export function timed(before: Course, after: Course, now: number): Course {
  const passed_s = Math.max(0, now - before.at) / 1000;
  const isWorked = isOfServer(before.present) && after.weights === before.weights;
  const dropped = isWorked ? serverSeconds(before.left) - serverSeconds(after.left) : 0;
  const seen = {
    ...after,
    at: now,
    planned: after.planned + dropped,
    took: after.took + (isWorked ? passed_s : 0),
  };
  const isUnknown = seen.isHeld || paceOf(seen) === null;
  return { ...seen, shown: isUnknown ? null : smoothed(before, seen, passed_s) };
}

function serverSeconds(left: Seconds): number {
  return Object.entries(left).reduce((sum, [step, seconds]) => sum + (isOfServer(step) ? seconds : 0), 0);
}

/** Between what was shown and the new estimate, the nearer to it the more time has passed; itself if it is far off. */
function smoothed(before: Course, after: Course, passed_s: number): number {
  const estimate = timeOf(after.left, after);
  const shown = before.isMeasured === after.isMeasured ? secondsLeft(before, after.at) : null;
  if (shown === null || estimate > shown * FAR || estimate < shown / FAR) return estimate;
  return shown + (estimate - shown) * (1 - Math.exp(-passed_s / SMOOTH_S));
}
