/** Photos of a set: which go together, what the server says of each, and how far all of them are. */
import { refusedHere, type Problem } from "@/api/problem";
import type { Batch, Job, JobLimits } from "@/api/types";
import type { Words } from "@/words/words";
import { canonical, withFields, type Photo, type Request, type Work } from "./photo";

const MEBIBYTE = 2 ** 20;
/** What a form needs beside a photo: its name and borders. */
const PART_BYTES = 1024;

/** Photos that wait to be sent as one of a set, with their request. */
export type Unsent = { photo: Photo; file: File; request: Request };

export function unsentOf(photos: readonly Photo[]): Unsent[] {
  return photos.flatMap((photo) => {
    const { work, source } = photo;
    const isUnsent = work.phase === "batched" && work.job === null && "file" in source;
    return isUnsent ? [{ photo, file: source.file, request: work.request }] : [];
  });
}

/** How many photos are being sent or wait for that, and which part of those that are being sent is uploaded. */
export type Sending = { photos: number; fraction: number | null };

export function sendingOf(photos: readonly Photo[]): Sending {
  const unsent = unsentOf(photos);
  const fractions = unsent.flatMap(({ photo: { work } }) => {
    return work.phase === "batched" && work.progress.phase === "uploading" ? [work.progress.fraction] : [];
  });
  return { photos: unsent.length, fraction: fractions[0] ?? null };
}

/** The first photos that one set can take: those with the same fields as the first, as far as the server's limits go. */
export function firstGroup(unsent: readonly Unsent[], { batch_size, batch_mb }: JobLimits): Unsent[] {
  const [first] = unsent;
  if (first === undefined) return [];
  const same = unsent.filter(({ request }) => canonical(request) === canonical(first.request)).slice(0, batch_size);
  let bytes = 0;
  const count = same.findIndex(({ file }) => (bytes += file.size + PART_BYTES) > batch_mb * MEBIBYTE);
  return count === -1 ? same : same.slice(0, Math.max(1, count));
}

export function formOfGroup(group: readonly Unsent[]): FormData {
  const form = new FormData();
  for (const { file } of group) form.append("file", file);
  return group[0] === undefined ? form : withFields(form, group[0].request);
}

/** Whether the server is done with a job. */
export function isOver({ state }: Job): boolean {
  return state !== "queued" && state !== "running";
}

/** Why a job has no result; null if it has one, or may have one later. */
export function problemOfJob({ state, error }: Job): Problem | null {
  if (error !== null) {
    const { error: message, code, stage, status } = error;
    return { message, code, stage, status, requestId: null, retryAfter: null };
  }
  return state === "expired" ? EXPIRED : null;
}

/** The server's error code where it keeps no jobs. */
export const JOBS_OFF = "jobs_off";

/** A problem with a set in the words of this page. */
export function inWords(problem: Problem): Problem {
  if (problem.status !== 404) return problem;
  return { ...problem, message: { key: problem.code === JOBS_OFF ? "problems.setsOff" : "problems.lost" } };
}

export const EXPIRED = refusedHere("expired", { key: "problems.expired" });

/** The work of a photo by its job. */
export function workOf(job: Job, request: Request): Work {
  const problem = problemOfJob(job);
  if (job.state === "succeeded") {
    return { phase: "kept", request, job: job.id, seconds: secondsOf(job), problem: null };
  }
  if (problem !== null) return { phase: "failed", tries: 1, problem, retryAt: null };
  if (isOver(job)) return { phase: "idle" }; // cancelled
  const isBegun = job.state === "running" && job.stage !== null;
  const { stage, fraction } = job;
  const progress = isBegun
    ? { phase: "working" as const, stage: stage ?? "", fraction }
    : { phase: "waiting" as const };
  return { phase: "batched", request, job: job.id, progress };
}

/** Seconds of the server's work. */
export function secondsOf({ started_at, finished_at }: Job): number {
  const seconds = (Date.parse(finished_at ?? "") - Date.parse(started_at ?? "")) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}

export type Tally = { photos: number; done: number; failed: number; cancelled: number; left: number };

export function tallyOf(batches: readonly Batch[]): Tally {
  const jobs = batches.flatMap((batch) => batch.jobs);
  const count = (...states: Job["state"][]) => jobs.filter(({ state }) => states.includes(state)).length;
  return {
    photos: jobs.length,
    done: count("succeeded"),
    failed: count("failed", "expired"),
    cancelled: count("cancelled"),
    left: count("queued", "running"),
  };
}

/** "3 of 12 photos are done, 1 failed", "All 12 photos are done" */
export function tallyInWords(t: Words, { photos, done, failed, cancelled }: Tally): string {
  if (done === photos) return t("sets.allDone", { count: photos });
  const verb = photos === 1 ? 1 : done; // "1 of 3 photos is", "0 of 1 photo is"
  return t("sets.tally", { done, photos, verb, failed, cancelled });
}

/** "2 sets of photos are being worked on: 3 of 12 photos are done" */
export function setsInWords(t: Words, batches: readonly Batch[]): string {
  const tally = tallyOf(batches);
  const words = tallyInWords(t, tally);
  const count = batches.length;
  if (count < 2) return words;
  return t(tally.left > 0 ? "sets.working" : "sets.over", { count, tally: words });
}

/** The part of the photos that is over, in [0, 1]. */
export function fractionOf({ photos, left }: Tally): number {
  return photos === 0 ? 1 : 1 - left / photos;
}
