/** How far a photo is as a whole, from the upload to the picture: one fraction over all its steps. */
import type { Progress } from "@/api/submission";
import { timed, type Course } from "./course";
import { stepOf, stepsBefore, stepsOfStages, sumOf, ways, type Seconds } from "./steps";

/** A longer upload or download counts as this long. */
const MOST_S = 3600;

/** A photo of so many bytes is being sent. `stages` are what a look has said of it; null: nothing. */
export function begin(stages: Seconds | null, bytes: number, now: number): Course {
  const weights = { ...ways(bytes), ...stepsOfStages(stages) };
  return {
    weights,
    left: weights,
    present: "upload",
    part: 0,
    passed: [],
    fraction: 0,
    isMeasured: stages !== null,
    isHeld: false,
    bytes,
    since: now,
    planned: 0,
    took: 0,
    at: now,
    shown: null,
  };
}

/** The server has said what its stages take. */
export function withPlan(course: Course, stages: Seconds, now: number): Course {
  const { upload = 0, download = 0, queue } = course.weights;
  const weights = { upload, download, ...(queue !== undefined && { queue }), ...stepsOfStages(stages) };
  const seen = course.isMeasured ? null : { planned: 0, took: 0 }; // a pace by typical weights says nothing of these
  return timed(course, { ...course, ...weighed(course, weights), ...seen, isMeasured: true }, now);
}

/** There is news of the photo. */
export function moved(course: Course, progress: Progress, now: number): Course {
  switch (progress.phase) {
    case "uploading":
      return timed(course, reached(measured(course, progress.fraction, now), "upload", progress.fraction, now), now);
    case "queued": {
      const seconds = progress.seconds ?? null;
      const waiting = reached({ ...course, isHeld: false }, "queue", 0, now);
      return timed(course, seconds === null ? { ...waiting, isHeld: true } : queued(waiting, seconds), now);
    }
    case "working": {
      const isAfter = (step: string) => course.present === step || course.passed.includes(step);
      const step = stepOf(progress.stage, isAfter);
      return timed(course, reached({ ...course, isHeld: false }, step, progress.fraction, now), now);
    }
    case "downloading": {
      const begun = reached(course, "download", 0, now);
      const { fraction } = progress;
      const received = reached(measured(begun, fraction, now), "download", fraction, now);
      return timed(course, fraction === 1 ? { ...received, fraction } : received, now);
    }
  }
}

/** The step is under way, and this part of it is done. */
function reached(course: Course, step: string, part: number, now: number): Course {
  const isNew = step !== course.present;
  const passed = isNew ? [...new Set([...course.passed, course.present, ...stepsBefore(step)])] : course.passed;
  const done = Math.max(isNew ? 0 : course.part, Math.min(1, part));
  const since = isNew ? now : course.since;
  const next = { ...course, present: step, part: done, passed, since };
  return { ...next, ...advanced(course, leftOf(course.weights, next)) };
}

function leftOf(weights: Seconds, { present, part, passed }: Course): Seconds {
  const left = Object.entries(weights).map(([step, seconds]) => {
    if (passed.includes(step) || (present === "download" && step !== present)) return [step, 0];
    return [step, step === present ? seconds * (1 - part) : seconds];
  });
  return Object.fromEntries(left) as Seconds;
}

/** With other weights: the fraction stays, and goes on from there. */
function weighed(course: Course, weights: Seconds): Pick<Course, "weights" | "left"> {
  return { weights, left: leftOf(weights, course) };
}

/** Work was done: of what was left as a fraction, as much is done as of the seconds. */
function advanced(course: Course, left: Seconds): Pick<Course, "left" | "fraction"> {
  return { left, fraction: grown(course.fraction, sumOf(course.left), sumOf(left)) };
}

/** The fraction that is done, when it was `fraction` with `before` seconds to go and there are `after` now. */
export function grown(fraction: number, before: number, after: number): number {
  if (!(before > 0)) return fraction;
  const share = Math.min(1, Math.max(0, 1 - after / before));
  return Math.min(1, fraction + (1 - fraction) * share);
}

/** With the speed of the way to the server or back, of which a part is done. */
function measured(course: Course, part: number, now: number): Course {
  const seconds = Math.min((now - course.since) / 1000 / part, MOST_S);
  if (!(seconds > 0)) return course; // nothing is done, or in no time
  if (course.present === "download") return { ...course, ...weighed(course, { ...course.weights, download: seconds }) };
  if (course.present !== "upload" || course.bytes === 0) return course;
  const { download } = ways(course.bytes, course.bytes / Math.max(seconds, 0.01));
  return { ...course, ...weighed(course, { ...course.weights, upload: seconds, download }) };
}

/** So many seconds are left in the queue: fewer than before are progress, more are not. */
function queued(course: Course, seconds: number): Course {
  const { queue = 0, ...others } = course.left;
  const passed = course.passed.filter((step) => step !== "queue");
  const before = { ...others, queue: Math.max(queue, seconds) };
  const weights = { ...course.weights, queue: seconds };
  return {
    ...course,
    weights,
    passed,
    part: 0,
    ...advanced({ ...course, left: before }, { ...others, queue: seconds }),
  };
}
