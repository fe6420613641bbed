/** Asks the server what it would do with a photo: a dry run. */
import { API_URL, credentials } from "./client";
import { problemOf, ProblemError, UNREACHABLE, UNREADABLE } from "./problem";
import type { DryRun, DryRunResponse } from "./types";

/** Sends a form with `dry_run`. Throws `ProblemError`, or `signal.reason` when the signal is aborted. */
export async function look(
  form: FormData,
  { key, signal }: { key: string | null; signal: AbortSignal },
): Promise<DryRun> {
  const answer = await fetch(`${API_URL}/api/v1/enhance`, {
    method: "POST",
    body: form,
    headers: { Accept: "application/json", ...credentials(key) },
    signal,
  }).catch(() => {
    signal.throwIfAborted();
    throw new ProblemError(UNREACHABLE);
  });
  const body = await answer.text().catch(() => {
    signal.throwIfAborted();
    throw new ProblemError(UNREACHABLE);
  });
  if (!answer.ok) throw new ProblemError(problemOf(answer.status, body, answer.headers.get("retry-after")));
  return checked(body);
}

/** The data of an answer. Throws `ProblemError` if it lacks something that the page needs. */
function checked(body: string): DryRun {
  let data: DryRun | undefined;
  try {
    data = (JSON.parse(body) as DryRunResponse | null)?.data;
  } catch {
    // not JSON
  }
  const isComplete =
    data?.dry_run === true &&
    [data.faces, data.warnings].every(Array.isArray) &&
    [data.width, data.height, data.estimate?.seconds, data.estimate?.memory_bytes].every(Number.isFinite);
  if (!data || !isComplete) throw new ProblemError(UNREADABLE);
  return data;
}
