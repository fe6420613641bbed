/** Sets of photos, which the server does by itself: sending, following, fetching and removing them. */
import { API_URL, credentials } from "./client";
import { problemOf, ProblemError, UNREACHABLE, UNREADABLE } from "./problem";
import type { Batch, EnhanceData, Facts } from "./types";

export type Caller = { key: string | null; signal?: AbortSignal };

const BATCHES = "/api/v1/batches";
const JOBS = "/api/v1/jobs";

type Sending = Caller & { signal: AbortSignal; sendingKey: string; onProgress: (fraction: number) => void };

/**
 * Sends a set. `onProgress` is told which part of it is uploaded, in [0, 1]. Sent again under the same `sendingKey` it is
 * still one set. Throws `ProblemError`, or `signal.reason` when the signal is aborted. It uses XMLHttpRequest because
 * `fetch` does not report the progress of an upload.
 */
export function sendBatch(form: FormData, { key, signal, sendingKey, onProgress }: Sending): Promise<Batch> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const abort = () => {
      reject(signal.reason);
      request.abort();
    };
    signal.addEventListener("abort", abort, { once: true });
    request.upload.onprogress = ({ lengthComputable, loaded, total }) => {
      if (lengthComputable && !signal.aborted) onProgress(loaded / total);
    };
    request.onerror = () => reject(new ProblemError(UNREACHABLE));
    request.onload = () => {
      signal.removeEventListener("abort", abort);
      const { status, responseText } = request;
      if (status === 202) resolve(checked(responseText));
      else reject(new ProblemError(problemOf(status, responseText, request.getResponseHeader("retry-after"))));
    };
    request.open("POST", `${API_URL}${BATCHES}`);
    for (const [name, value] of Object.entries({ "Idempotency-Key": sendingKey, ...credentials(key) })) {
      request.setRequestHeader(name, value);
    }
    request.send(form);
  }).then((batch) => {
    if (batch === null) throw new ProblemError(UNREADABLE);
    return batch as Batch;
  });
}

/** The set as it is now. Throws `ProblemError`, or the reason of an abort; so do the others. */
export async function fetchBatch(id: string, caller: Caller): Promise<Batch> {
  return known(await textOf(await call(`${BATCHES}/${id}`, caller)));
}

export async function cancelBatch(id: string, caller: Caller): Promise<Batch> {
  return known(await textOf(await call(`${BATCHES}/${id}/cancel`, caller, "POST")));
}

export async function deleteBatch(id: string, caller: Caller): Promise<void> {
  await call(`${BATCHES}/${id}`, caller, "DELETE");
}

export async function cancelJob(id: string, caller: Caller): Promise<void> {
  await call(`${JOBS}/${id}/cancel`, caller, "POST");
}

/** The answer of `/enhance` without the picture. */
export async function fetchReport(job: string, caller: Caller): Promise<Facts> {
  let data: Partial<EnhanceData> | undefined;
  try {
    data = (JSON.parse(await textOf(await call(`${JOBS}/${job}/report`, caller))) as { data?: EnhanceData } | null)
      ?.data;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const isComplete =
    [data?.faces, data?.warnings].every(Array.isArray) &&
    [data?.width, data?.height, data?.processing_time_ms].every(Number.isFinite) &&
    [data?.timings_ms, data?.models].every((table) => table instanceof Object);
  if (!isComplete) throw new ProblemError(UNREADABLE);
  return data as Facts;
}

export async function fetchPicture(job: string, part: "result" | "preview", caller: Caller): Promise<Blob> {
  return blobOf(await call(addressOf(job, part), caller));
}

/** Where a picture of a job is. */
export function addressOf(job: string, part: "result" | "preview"): string {
  return `${JOBS}/${job}/${part}`;
}

/** Where the ZIP of a set is. */
export function archiveOf(batch: string): string {
  return `${BATCHES}/${batch}/results.zip`;
}

/** A file of the server, to be saved. */
export async function fetchFile(path: string, caller: Caller): Promise<Response> {
  return call(path, caller);
}

async function call(path: string, { key, signal }: Caller, method = "GET"): Promise<Response> {
  const init = { method, headers: credentials(key), ...(signal && { signal }) };
  const answer = await fetch(`${API_URL}${path}`, init).catch(() => {
    signal?.throwIfAborted();
    throw new ProblemError(UNREACHABLE);
  });
  if (answer.ok) return answer;
  throw new ProblemError(problemOf(answer.status, await answer.text(), answer.headers.get("retry-after")));
}

async function textOf(answer: Response): Promise<string> {
  return answer.text().catch(unreachable);
}

/** The body of an answer. */
export async function blobOf(answer: Response): Promise<Blob> {
  return answer.blob().catch(unreachable);
}

function unreachable(error: unknown): never {
  throw error instanceof DOMException && error.name === "AbortError" ? error : new ProblemError(UNREACHABLE);
}

function known(text: string): Batch {
  const batch = checked(text);
  if (batch === null) throw new ProblemError(UNREADABLE);
  return batch;
}

/** The set in an answer; null if it lacks something that the page needs. */
function checked(text: string): Batch | null {
  try {
    const batch = JSON.parse(text) as Partial<Batch> | null;
    const isBatch = typeof batch?.id === "string" && Array.isArray(batch.jobs) && batch.counts instanceof Object;
    return isBatch ? (batch as Batch) : null;
  } catch {
    return null; // not JSON
  }
}
