import { afterEach, describe, expect, it, vi } from "vitest";
import { dryRunOf } from "@/test/samples";
import { json } from "@/test/server";
import { look } from "./look";
import { ProblemError, UNREACHABLE, UNREADABLE } from "./problem";

afterEach(() => vi.unstubAllGlobals());

/** Asks a server that answers so; returns what it was sent, and the answer or the problem. */
async function asking(answer: () => Response | Promise<Response>, key: string | null = null) {
  const fetched = vi.fn<typeof fetch>(async () => answer());
  vi.stubGlobal("fetch", fetched);
  const form = new FormData();
  const outcome = await look(form, { key, signal: new AbortController().signal }).catch((error: unknown) => {
    if (!(error instanceof ProblemError)) throw error;
    return error.problem;
  });
  return { form, outcome, sent: fetched.mock.calls[0] };
}

const found = (data: unknown) => () => json(200, { status: "success", data });

it("sends the form with the key and returns what the server found", async () => {
  const { form, outcome, sent } = await asking(found(dryRunOf()), "secret");
  expect(outcome).toEqual(dryRunOf());
  const [url, request] = sent ?? [];
  expect(url).toBe("/api/v1/enhance");
  expect(request).toMatchObject({
    method: "POST",
    body: form,
    headers: { Accept: "application/json", "X-API-Key": "secret" },
  });
});

it("throws the server's error, with its delay", async () => {
  const error = { error: "The server is busy.", code: "overloaded", stage: "request", request_id: "r" };
  const { outcome } = await asking(() => json(503, error, { "Retry-After": "7" }));
  expect(outcome).toMatchObject({ status: 503, code: "overloaded", message: "The server is busy.", retryAfter: 7 });
});

describe("an answer that cannot be read", () => {
  it.each<[string, () => Response]>([
    ["no JSON", () => new Response("<html>")],
    ["null", () => json(200, null)],
    ["a real answer", found({ ...dryRunOf(), dry_run: undefined })],
    ["no faces", found({ ...dryRunOf(), faces: null })],
    ["no estimate", found({ ...dryRunOf(), estimate: undefined })],
    ["no size", found({ ...dryRunOf(), width: "wide" })],
  ])("is one with %s", async (_what, answer) => {
    expect((await asking(answer)).outcome).toEqual(UNREADABLE);
  });
});

it("tells if the server cannot be reached", async () => {
  const fail = () => Promise.reject<Response>(new TypeError("Failed to fetch"));
  expect((await asking(fail)).outcome).toEqual(UNREACHABLE);
});

it("throws the reason when it is aborted", async () => {
  vi.stubGlobal("fetch", (_: string, { signal }: RequestInit) => {
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
  });
  const controller = new AbortController();
  const answer = look(new FormData(), { key: null, signal: controller.signal });
  controller.abort();
  await expect(answer).rejects.toBe(controller.signal.reason);
});
