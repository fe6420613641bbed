/** The server: its address, the header with the API key, and its config. */
import createClient from "openapi-fetch";
import { problemOf, ProblemError, UNREACHABLE, UNREADABLE } from "./problem";
import type { paths } from "./schema";
import type { Config, Limits } from "./types";

/** Empty for the server that the page was loaded from; NEXT_PUBLIC_API_URL names another one at build time. */
export const API_URL = (process.env.NEXT_PUBLIC_API_URL ?? "").replace(/\/+$/, "");

/** Whether a text can be an API key. The browser throws if a header has other characters. */
export function isKey(text: string): boolean {
  return /^[!-~]+$/.test(text);
}

/** The headers with the API key; none if there is no key. */
export function credentials(key: string | null): Record<string, string> {
  return key !== null && isKey(key) ? { "X-API-Key": key } : {};
}

/** Limits, defaults, choices and models. Throws `ProblemError`. */
export async function fetchConfig(key: string | null, signal: AbortSignal): Promise<Config> {
  // With the origin, because `fetch` outside a browser, as in tests, needs an absolute URL.
  const client = createClient<paths>({ baseUrl: API_URL || window.location.origin });
  const { data, error, response } = await client
    .GET("/api/v1/config", { headers: credentials(key), signal })
    .catch((failure: unknown) => {
      if (signal.aborted) throw failure;
      throw new ProblemError(UNREACHABLE);
    });
  if (!response.ok) {
    throw new ProblemError(
      problemOf(response.status, JSON.stringify(error ?? null), response.headers.get("retry-after")),
    );
  }
  if (!isConfig(data)) throw new ProblemError(UNREADABLE);
  return data;
}

/** Options whose bounds and defaults this page reads. */
const BOUNDED = ["upscale_factor", "strength", "quality"] as const satisfies readonly (keyof Limits)[];

/** Whether an answer has everything that this page reads from it. */
function isConfig(data: unknown): data is Config {
  const { limits, defaults, choices, models, identity_threshold, identity_recogniser } = (data ??
    {}) as Partial<Config>;
  if (!limits || !defaults || !choices || !models) return false;
  const numbers = [limits.max_upload_mb, limits.max_input_megapixels, limits.max_output_megapixels];
  const lists = [limits.media_types, ...BOUNDED.map((name) => limits[name]), ...Object.values(choices)];
  return (
    numbers.every((number) => typeof number === "number") &&
    lists.every(Array.isArray) &&
    BOUNDED.every((name) => typeof defaults[name] === "number") &&
    Object.keys(choices).every((name) => defaults[name] !== undefined) &&
    (identity_threshold === null || typeof identity_threshold === "number") &&
    (identity_recogniser === null || typeof identity_recogniser === "string")
  );
}
