/** Samples of sets of photos. */
import type { Batch, Job, JobLimits } from "@/api/types";

export const JOBS: JobLimits = {
  batch_size: 50,
  batch_mb: 500,
  archive_mb: 64,
  retention_hours: 24,
  timeout_s: 600,
  webhooks: false,
  quota_waiting: null,
  quota_jobs_a_day: null,
  quota_mb: null,
};

const TIME = "2026-11-28T02:10:00Z";

export function jobOf(changes: Partial<Job> = {}): Job {
  const id = changes.id ?? "job-1";
  return {
    id,
    kind: "enhance",
    state: "queued",
    file_name: "oma.png",
    batch: "batch-1",
    position: null,
    stage: null,
    fraction: 0,
    attempt: 0,
    cancelling: false,
    created_at: TIME,
    started_at: null,
    finished_at: null,
    expires_at: "2026-11-29T02:10:00Z",
    timings_ms: {},
    result: null,
    error: null,
    webhook: null,
    links: { self: `/api/v1/jobs/${id}`, cancel: null, result: null, preview: null, report: null },
    ...changes,
  };
}

export function doneJob(changes: Partial<Job> = {}): Job {
  return jobOf({
    state: "succeeded",
    started_at: TIME,
    finished_at: "2026-11-28T02:10:02.500Z",
    result: { media_type: "image/png", bytes: 1000, width: 200, height: 160, faces: 1 },
    ...changes,
  });
}

export function failedJob(changes: Partial<Job> = {}): Job {
  const error = { error: "No face was found.", code: "no_face_detected", stage: "detection", status: 422 };
  return jobOf({ state: "failed", error, ...changes });
}

export function batchOf(jobs: Job[], id = "batch-1"): Batch {
  const counts: Record<string, number> = {};
  for (const { state } of jobs) counts[state] = (counts[state] ?? 0) + 1;
  return {
    id,
    created_at: TIME,
    expires_at: new Date(Date.now() + 86_400_000).toISOString(),
    counts,
    jobs,
    webhook: null,
    links: { self: `/api/v1/batches/${id}`, cancel: null, results: null },
  };
}
