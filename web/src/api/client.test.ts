import { afterEach, describe, expect, it, vi } from "vitest";
import { CONFIG, WITHOUT_RECOGNISER } from "@/test/samples";
import { json } from "@/test/server";
import { API_URL, credentials, fetchConfig } from "./client";
import { ProblemError, type Problem } from "./problem";

const { signal } = new AbortController();

/** `fetch` answers so from here on. */
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
  it("gives what the server that the page came from says", async () => {
    const fetched = serve(async () => json(200, CONFIG));
    expect(await fetchConfig("secret", signal)).toEqual(CONFIG);
    const [request] = fetched.mock.calls[0] ?? [];
    expect(request?.url).toBe("http://likeness.test/api/v1/config");
    expect(request?.headers.get("x-api-key")).toBe("secret");
  });

  it("gives it also where the server has no recogniser", async () => {
    serve(async () => json(200, WITHOUT_RECOGNISER));
    expect(await fetchConfig(null, signal)).toEqual(WITHOUT_RECOGNISER);
  });

  it("tells the server's error, and when to ask again", async () => {
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
  ])("tells of %s", async (_what, answer, status) => {
    expect(await problemWith(answer)).toMatchObject({ status, code: `http_${status}` });
  });

  it.each<[string, unknown]>([
    ["another program's", { hello: "world" }],
    ["of nothing", null],
    ["a list", []],
    ["of half the limits", { ...CONFIG, limits: { media_types: ["image/png"] } }],
    ["of media types that are none", { ...CONFIG, limits: { ...CONFIG.limits, media_types: "image/png" } }],
    ["of a threshold that is no number", { ...CONFIG, identity_threshold: "high" }],
    ["that does not say who recognises faces", { ...CONFIG, identity_recogniser: undefined }],
    ["without defaults", { ...CONFIG, defaults: undefined }],
    ["of a default that is no number", { ...CONFIG, defaults: { ...CONFIG.defaults, quality: "high" } }],
    ["of a choice without a default", { ...CONFIG, defaults: { ...CONFIG.defaults, faces: undefined } }],
    ["of choices that are none", { ...CONFIG, choices: { faces: "all" } }],
  ])("cannot read an answer %s", async (_what, answer) => {
    expect(await problemWith(async () => json(200, answer))).toMatchObject({ code: "unreadable" });
  });

  it.each([
    ["nobody answers", () => Promise.reject(new TypeError("Failed to fetch"))],
    ["a page of another program comes", async () => new Response("<html>", { status: 200 })],
  ])("says that the server cannot be reached where %s", async (_what, answer) => {
    expect(await problemWith(answer)).toMatchObject({ code: "unreachable", status: null });
  });

  it("raises what it was stopped with", async () => {
    const controller = new AbortController();
    const reason = new Error("no more wanted");
    serve(async () => {
      controller.abort(reason);
      throw reason;
    });
    await expect(fetchConfig(null, controller.signal)).rejects.toBe(reason);
  });
});

describe("the address", () => {
  it("is that of the page", () => {
    expect(API_URL).toBe("");
  });

  it("is another where the page was built for it, without a slash too many", async () => {
    vi.stubEnv("NEXT_PUBLIC_API_URL", "https://api.example//");
    const client = await import("./client?elsewhere" as "./client");
    const fetched = serve(async () => json(200, CONFIG));
    await client.fetchConfig(null, signal);
    expect(fetched.mock.calls[0]?.[0].url).toBe("https://api.example/api/v1/config");
  });
});

it("names a key only where there is one", () => {
  expect(credentials(null)).toEqual({});
  expect(credentials("secret")).toEqual({ "X-API-Key": "secret" });
});
