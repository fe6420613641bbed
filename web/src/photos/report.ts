/** A table of a set's results, with the columns of the `report.csv` that is in its ZIP. */
import type { Facts, Job } from "@/api/types";
import { problemOfJob, secondsOf } from "./batch";

const COLUMNS = [
  "file",
  "state",
  "width",
  "height",
  "faces",
  "restored",
  "identity_similarity",
  "psnr",
  "ssim",
  "lpips",
  "seconds",
  "error",
] as const;

type Row = Record<(typeof COLUMNS)[number], string | number | null>;

/** Of the jobs with their reports; null: there is none. With a byte order mark, without which Excel shows wrong letters. */
export function reportOf(rows: readonly { job: Job; facts: Facts | null }[]): string {
  const lines = [COLUMNS.join(","), ...rows.map(({ job, facts }) => lineOf(rowOf(job, facts)))];
  return `\ufeff${lines.map((line) => `${line}\r\n`).join("")}`;
}

function rowOf(job: Job, facts: Facts | null): Row {
  const restored = facts?.faces.filter(({ action }) => action === "restored" || action === "softened") ?? [];
  const likenesses = restored.map((face) => face.identity_similarity).filter((value) => value !== null);
  const { psnr = null, ssim = null, lpips = null } = facts?.metrics ?? {};
  const { width = null, height = null, faces = null } = job.result ?? {};
  return {
    file: job.file_name,
    state: job.state,
    width,
    height,
    faces,
    restored: facts && restored.length,
    identity_similarity: likenesses.length === 0 ? null : Math.min(...likenesses),
    psnr,
    ssim,
    lpips,
    seconds: job.finished_at === null || job.started_at === null ? null : Math.round(secondsOf(job) * 10) / 10,
    error: errorOf(job),
  };
}

/** The server's sentence, as in its own report; of a job that has expired its state says all. */
function errorOf(job: Job): string | null {
  const message = problemOfJob(job)?.message;
  return typeof message === "string" ? message : null;
}

function lineOf(row: Row): string {
  return COLUMNS.map((column) => cell(row[column])).join(",");
}

/**
 * What a spreadsheet would take for a formula gets an apostrophe before it, by which it stays text. Where commas are for
 * decimals, Excel begins a cell behind each semicolon too, whatever is quoted.
 */
function cell(value: string | number | null): string {
  if (typeof value !== "string") return String(value ?? "");
  const line = value.split(/\s+/).join(" ").trim();
  const text = line.replaceAll(/(^|; ?)(?=[=+\-@＝＋－＠'])/g, "$1'");
  return /[",;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
