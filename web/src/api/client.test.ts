import { afterEach, describe, expect, it, vi } from "vitest";
import { CONFIG, WITHOUT_RECOGNISER } from "@/test/samples";
import { json } from "@/test/server";
import { API_URL, credentials, fetchConfig } from "./client";
import { ProblemError, type Problem } from "./problem";

const { signal } = new AbortController();

/** Replaces `fetch`. */
function serve(answer: () => Promise<Response>) {
  const fetched = vi.fn<(request: Request) => Promise<Response>>(answer);
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

async function problemWith(answer: () => Promise<Response>): Promise<Problem> {
  serve(answer);
  const error: unknown = await fetchConfig(null, signal).catch((failure: unknown) => failure);
  if (!(error instanceof ProblemError)) throw error;
  return error.problem;
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

describe("fetchConfig", () => {
  it("returns the config of the server that the page was loaded from", async () => {
    const fetched = serve(async () => json(200, CONFIG));
    expect(await fetchConfig("secret", signal)).toEqual(CONFIG);
    const [request] = fetched.mock.calls[0] ?? [];
    expect(request?.url).toBe("http://likeness.test/api/v1/config");
    expect(request?.headers.get("x-api-key")).toBe("secret");
  });

  it("accepts a server without a recogniser", async () => {
    serve(async () => json(200, WITHOUT_RECOGNISER));
    expect(await fetchConfig(null, signal)).toEqual(WITHOUT_RECOGNISER);
  });

  it("throws the server's error with its Retry-After", async () => {
    const error = { error: "Starting.", code: "starting", stage: "request", request_id: "r" };
    const problem = await problemWith(async () => json(503, error, { "retry-after": "4" }));
    expect(problem).toMatchObject({ message: "Starting.", code: "starting", status: 503, retryAfter: 4 });
  });

  it.each([
    [
      "a proxy's page",
      async () => new Response("<h1>Bad Gateway</h1>", { status: 502, headers: { "content-type": "text/html" } }),
      502,
    ],
    ["an empty error", async () => new Response(null, { status: 404, headers: { "content-length": "0" } }), 404],
  ])("throws for %s", async (_what, answer, status) => {
    expect(await problemWith(answer)).toMatchObject({ status, code: `http_${status}` });
  });

  it.each<[string, unknown]>([
    ["of another program", { hello: "world" }],
    ["of null", null],
    ["that is a list", []],
    ["with half of the limits", { ...CONFIG, limits: { media_types: ["image/png"] } }],
    ["with media types that are no list", { ...CONFIG, limits: { ...CONFIG.limits, media_types: "image/png" } }],
    ["with a threshold that is no number", { ...CONFIG, identity_threshold: "high" }],
    ["without the name of the recogniser", { ...CONFIG, identity_recogniser: undefined }],
    ["without defaults", { ...CONFIG, defaults: undefined }],
    ["with a default that is no number", { ...CONFIG, defaults: { ...CONFIG.defaults, quality: "high" } }],
    ["with a choice without a default", { ...CONFIG, defaults: { ...CONFIG.defaults, faces: undefined } }],
    ["with choices that are no list", { ...CONFIG, choices: { faces: "all" } }],
  ])("cannot read an answer %s", async (_what, answer) => {
    expect(await problemWith(async () => json(200, answer))).toMatchObject({ code: "unreadable" });
  });

  it.each([
    ["there is no answer", () => Promise.reject(new TypeError("Failed to fetch"))],
    ["the answer is a page of another program", async () => new Response("<html>", { status: 200 })],
  ])("reports an unreachable server if %s", async (_what, answer) => {
    expect(await problemWith(answer)).toMatchObject({ code: "unreachable", status: null });
  });

  it("throws the reason with which it was aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("aborted by the test");
    serve(async () => {
      controller.abort(reason);
      throw reason;
    });
    await expect(fetchConfig(null, controller.signal)).rejects.toBe(reason);
  });
});

describe("API_URL", () => {
  it("is that of the page by default", () => {
    expect(API_URL).toBe("");
  });

  it("is set when the page is built, and loses its trailing slashes", async () => {
    vi.stubEnv("NEXT_PUBLIC_API_URL", "https://api.example//");
    const client = await import("./client?elsewhere" as "./client");
    const fetched = serve(async () => json(200, CONFIG));
    await client.fetchConfig(null, signal);
    expect(fetched.mock.calls[0]?.[0].url).toBe("https://api.example/api/v1/config");
  });
});

it("sends the header only if there is a key", () => {
  expect(credentials(null)).toEqual({});
  expect(credentials("secret")).toEqual({ "X-API-Key": "secret" });
});
