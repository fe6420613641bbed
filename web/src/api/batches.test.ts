import { describe, expect, it, vi } from "vitest";
import { factsOf } from "@/test/samples";
import { json, serveRequests } from "@/test/server";
import { batchOf, jobOf } from "@/test/sets";
import { cancelBatch, cancelJob, deleteBatch, fetchBatch, fetchPicture, fetchReport, sendBatch } from "./batches";
import { ProblemError, type Problem } from "./problem";

const { signal } = new AbortController();
const BATCH = batchOf([jobOf()]);
const REFUSED = { error: "You have 100 jobs waiting.", code: "quota_exceeded", stage: "quota", request_id: "r" };

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => null,
    (failure: unknown) => failure,
  );
  if (!(error instanceof ProblemError)) throw error;
  return error.problem;
}

function serve(answer: () => Promise<Response>) {
  const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(answer);
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

describe("sendBatch", () => {
  function send(settings: Partial<Parameters<typeof sendBatch>[1]> = {}) {
    const requests = serveRequests();
    const onProgress = vi.fn();
    const sent = sendBatch(new FormData(), { key: "secret", signal, sendingKey: "s-1", onProgress, ...settings });
    sent.catch(() => undefined);
    return { sent, onProgress, requests, request: requests.at(-1) };
  }

  it("sends the form with the key, and tells how much is uploaded", async () => {
    const { sent, onProgress, request } = send();
    expect([request?.method, request?.url, request?.sent]).toEqual([
      "POST",
      "/api/v1/batches",
      { "idempotency-key": "s-1", "x-api-key": "secret" },
    ]);
    request?.uploads(30, 100);
    request?.uploads(1, 0, false);
    expect(onProgress.mock.calls).toEqual([[0.3]]);
    request?.replies(202, JSON.stringify(BATCH));
    expect(await sent).toEqual(BATCH);
  });

  it("throws the server's refusal", async () => {
    const { sent, request } = send();
    request?.replies(429, JSON.stringify(REFUSED), { "retry-after": "60" });
    expect(await problemOf(sent)).toMatchObject({ code: "quota_exceeded", status: 429, retryAfter: 60 });
  });

  it.each([["{}"], ["null"], ["<html>"], ['{"id": "a", "jobs": {}, "counts": {}}']])("cannot read %s", async (body) => {
    const { sent, request } = send();
    request?.replies(202, body);
    expect(await problemOf(sent)).toMatchObject({ code: "unreadable" });
  });

  it("says when the server cannot be reached", async () => {
    const { sent, request } = send();
    request?.disconnects();
    expect(await problemOf(sent)).toMatchObject({ code: "unreachable" });
  });

  it("is aborted, or does not begin", async () => {
    const controller = new AbortController();
    const { sent, request } = send({ signal: controller.signal });
    controller.abort("enough");
    await expect(sent).rejects.toBe("enough");
    expect(request?.isAborted).toBe(true);
    const other = send({ signal: controller.signal });
    await expect(other.sent).rejects.toBe("enough");
    expect(other.requests).toEqual([]);
  });
});

describe("a set and its jobs", () => {
  it.each<[string, string, () => Promise<unknown>]>([
    ["GET", "/api/v1/batches/b", () => fetchBatch("b", { key: "secret", signal })],
    ["POST", "/api/v1/batches/b/cancel", () => cancelBatch("b", { key: "secret" })],
    ["DELETE", "/api/v1/batches/b", () => deleteBatch("b", { key: "secret" })],
    ["POST", "/api/v1/jobs/j/cancel", () => cancelJob("j", { key: "secret" })],
  ])("are asked for by %s %s", async (method, path, work) => {
    const fetched = serve(async () => json(200, BATCH));
    await work();
    expect(fetched).toHaveBeenCalledExactlyOnceWith(
      path,
      expect.objectContaining({ method, headers: { "X-API-Key": "secret" } }),
    );
  });

  it("throw the server's error, and that it cannot be reached", async () => {
    serve(async () => json(404, { error: "There is no such batch.", code: "unknown_job" }));
    expect(await problemOf(fetchBatch("b", { key: null }))).toMatchObject({ status: 404, code: "unknown_job" });
    serve(async () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await problemOf(fetchBatch("b", { key: null }))).toMatchObject({ code: "unreachable" });
    serve(async () => new Response("<html>"));
    expect(await problemOf(fetchBatch("b", { key: null }))).toMatchObject({ code: "unreadable" });
  });

  it("throw the reason of an abort", async () => {
    const controller = new AbortController();
    serve(async () => {
      controller.abort("enough");
      throw new TypeError("Failed to fetch");
    });
    await expect(fetchBatch("b", { key: null, signal: controller.signal })).rejects.toBe("enough");
  });
});

describe("what a job has made", () => {
  it("is a report", async () => {
    serve(async () => json(200, { status: "success", data: factsOf() }));
    expect(await fetchReport("j", { key: null })).toEqual(factsOf());
  });

  it.each([["{}"], ["null"], ["no JSON"], ['{"data": {"faces": []}}']])("cannot be read from %s", async (body) => {
    serve(async () => new Response(body));
    expect(await problemOf(fetchReport("j", { key: null }))).toMatchObject({ code: "unreadable" });
  });

  it("is a picture", async () => {
    const fetched = serve(async () => new Response("picture", { headers: { "content-type": "image/webp" } }));
    expect((await fetchPicture("j", "preview", { key: null })).type).toBe("image/webp");
    expect(fetched.mock.calls[0]?.[0]).toBe("/api/v1/jobs/j/preview");
  });

  it("may break off", async () => {
    serve(async () => new Response(new ReadableStream({ start: (stream) => stream.error(new TypeError("cut off")) })));
    expect(await problemOf(fetchPicture("j", "result", { key: null }))).toMatchObject({ code: "unreachable" });
  });
});
