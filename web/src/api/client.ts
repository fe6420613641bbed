/** The server: where it is, how it knows us, what it says about itself. */
import createClient from "openapi-fetch";
import { problemOf, ProblemError, UNREACHABLE } from "./problem";
import type { paths } from "./schema";
import type { Config } from "./types";

/** Another host only where this page was built for one; else the server that the page came from. */
export const API_URL = (process.env.NEXT_PUBLIC_API_URL ?? "").replace(/\/+$/, "");

/** The headers that tell the server who asks. */
export function credentials(key: string | null): Record<string, string> {
  return key ? { "X-API-Key": key } : {};
}

/** Limits, defaults, choices and models. Throws `ProblemError`. */
export async function fetchConfig(key: string | null, signal: AbortSignal): Promise<Config> {
  // The page's origin is named, since a bare path is no address to every fetch.
  const client = createClient<paths>({ baseUrl: API_URL || window.location.origin });
  const { data, error, response } = await client
    .GET("/api/v1/config", { headers: credentials(key), signal })
    .catch((failure: unknown) => {
      if (signal.aborted) throw failure;
      throw new ProblemError(UNREACHABLE);
    });
  if (!data?.limits?.media_types || !data.choices || !data.models) {
    throw new ProblemError(
      problemOf(response.status, JSON.stringify(error ?? null), response.headers.get("retry-after")),
    );
  }
  return data as Config; // openapi-fetch takes a pair for a list
}
