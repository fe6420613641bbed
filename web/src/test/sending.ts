/** A form sent to the fake server. */
import { ProblemError, type Problem } from "@/api/problem";
import { submit, type Progress } from "@/api/submission";
import type { FakeRequest } from "./server";

type Settings = { key?: string | null; signal?: AbortSignal };

/** What `submit` reports before anything else. */
export const UPLOADING: Progress = { phase: "uploading", fraction: 0 };

export const ERROR = { error: "The server is busy.", code: "overloaded", stage: "request", request_id: "r" };

/**
 * Calls `submit` with an empty form. `requests` is the list from `serveRequests`. Returns the request that it made, the
 * progress that it reports, and its result: as it is (`answer`), and as the problem or null (`problem`).
 */
export function sendForm(
  requests: FakeRequest[],
  { key = null, signal = new AbortController().signal }: Settings = {},
) {
  const progress: Progress[] = [];
  const plans: Record<string, number>[] = [];
  const form = new FormData();
  const answer = submit(form, {
    key,
    signal,
    onProgress: (step) => progress.push(step),
    onPlan: (stages) => plans.push(stages),
  });
  const problem = answer.then(
    () => null,
    (error: unknown): Problem => {
      if (!(error instanceof ProblemError)) throw error;
      return error.problem;
    },
  );
  problem.catch(() => undefined); // a test that does not await it must not fail with an unhandled rejection
  const request = requests.at(-1) as FakeRequest;
  return { request, progress, plans, answer, problem, form };
}
