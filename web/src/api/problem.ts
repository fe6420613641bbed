/** Errors between this page and the server. */
import type { Message } from "@/words/words";
import type { ErrorResponse } from "./types";

export type Problem = {
  /** The server's sentence, in English, or this page's own, which is said in the language of the page. */
  message: string | Message;
  code: string;
  /** HTTP status; null without an answer. */
  status: number | null;
  stage: string | null;
  requestId: string | null;
  /** Seconds after which the server accepts the request again; null if it named no time. */
  retryAfter: number | null;
};

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(typeof problem.message === "string" ? problem.message : problem.message.key);
    this.name = "ProblemError";
  }
}

export const UNREACHABLE: Problem = {
  message: { key: "problems.unreachable" },
  code: "unreachable",
  status: null,
  stage: null,
  requestId: null,
  retryAfter: null,
};

export const CUT_OFF: Problem = {
  ...UNREACHABLE,
  message: { key: "problems.cutOff" },
  code: "cut_off",
};

/** An answer with status 200 that lacks what this page needs. */
export const UNREADABLE: Problem = {
  ...UNREACHABLE,
  message: { key: "problems.unreadable" },
  code: "unreadable",
};

/** The server's error code; this page uses it too when it does not send a photo for this reason. */
export const TOO_MANY_PIXELS = "too_many_pixels";

/** The problem of a photo that this page does not send. */
export function refusedHere(code: string, message: Message): Problem {
  return { ...UNREACHABLE, code, message };
}

/** The problem in an error answer: the service's JSON, or the page of a proxy in between. */
export function problemOf(status: number, body: string, retryAfter: string | null): Problem {
  const error = parsed(body);
  return {
    message: error?.error || { key: "problems.answered", values: { status } },
    code: text(error?.code) ?? `http_${status}`,
    status,
    stage: text(error?.stage),
    requestId: text(error?.request_id),
    retryAfter: seconds(retryAfter),
  };
}

/** A thrown value as a problem. */
export function problemFrom(error: unknown): Problem {
  return error instanceof ProblemError
    ? error.problem
    : { ...UNREADABLE, message: { key: "problems.failed", values: { fault: String(error) } } };
}

function parsed(body: string): Partial<ErrorResponse> | null {
  try {
    const value: unknown = JSON.parse(body);
    const isError = typeof value === "object" && value !== null && typeof (value as ErrorResponse).error === "string";
    return isError ? (value as ErrorResponse) : null;
  } catch {
    return null; // not JSON: a proxy's page, or an empty body
  }
}

/** A field of an error; another server may have put any type there. */
function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** `Retry-After` in seconds; the header may also give a date. */
function seconds(value: string | null): number | null {
  if (!value) return null;
  const number = Number(value);
  const wait = Number.isFinite(number) ? number : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(wait) ? Math.max(0, wait) : null;
}
