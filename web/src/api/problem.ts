/** What can go wrong between this page and the server, in words for a person. */
import type { ErrorResponse } from "./types";

export type Problem = {
  message: string;
  code: string;
  /** HTTP status; null where no answer came. */
  status: number | null;
  stage: string | null;
  requestId: string | null;
  /** Seconds after which the server wants to be asked again. */
  retryAfter: number | null;
};

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
    this.name = "ProblemError";
  }
}

export const UNREACHABLE: Problem = {
  message: "The server cannot be reached. Is it running, and are you online?",
  code: "unreachable",
  status: null,
  stage: null,
  requestId: null,
  retryAfter: null,
};

export const CUT_OFF: Problem = {
  ...UNREACHABLE,
  message: "The connection ended before the photo was done.",
  code: "cut_off",
};

/** A 200 that is not what this page knows how to read. */
export const UNREADABLE: Problem = {
  ...UNREACHABLE,
  message: "The server's answer could not be read. It may be of another version than this page.",
  code: "unreadable",
};

/** The server's word for it, and this page's before it sends anything. */
export const TOO_MANY_PIXELS = "too_many_pixels";

/** What this page does not even send. */
export function refusedHere(code: string, message: string): Problem {
  return { ...UNREACHABLE, code, message };
}

/** The problem that an answer tells of: the service's own JSON, or whatever stands between it and this page. */
export function problemOf(status: number, body: string, retryAfter: string | null): Problem {
  const told = parsed(body);
  return {
    message: told?.error || `The server answered ${status}, without a word this page understands.`,
    code: text(told?.code) ?? `http_${status}`,
    status,
    stage: text(told?.stage),
    requestId: text(told?.request_id),
    retryAfter: seconds(retryAfter),
  };
}

/** Whatever was thrown, as a problem. */
export function problemFrom(error: unknown): Problem {
  return error instanceof ProblemError
    ? error.problem
    : { ...UNREADABLE, message: `This page failed: ${String(error)}` };
}

function parsed(body: string): Partial<ErrorResponse> | null {
  try {
    const value: unknown = JSON.parse(body);
    const isError = typeof value === "object" && value !== null && typeof (value as ErrorResponse).error === "string";
    return isError ? (value as ErrorResponse) : null;
  } catch {
    return null; // not JSON: a proxy's page, or nothing
  }
}

/** Of an error that another server made, anything may be anything. */
function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** `Retry-After` as seconds; it may also be a date. */
function seconds(value: string | null): number | null {
  if (!value) return null;
  const number = Number(value);
  const wait = Number.isFinite(number) ? number : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(wait) ? Math.max(0, wait) : null;
}
