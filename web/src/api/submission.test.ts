// @vitest-environment node
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { event, serveRequests, success, type FakeRequest } from "@/test/server";
import { ProblemError, type Problem } from "./problem";
import { submit, type Progress } from "./submission";

let requests: FakeRequest[];
beforeEach(() => {
  requests = serveRequests();
});

/** A photo is sent; what is heard of it, and how it ends. */
function send({
  key = null,
  signal = new AbortController().signal,
}: { key?: string | null; signal?: AbortSignal } = {}) {
  const progress: Progress[] = [];
  const form = new FormData();
  const answer = submit(form, { key, signal, onProgress: (news) => progress.push(news) });
  const problem = answer.then(
    () => null,
    (error: unknown): Problem => {
      if (!(error instanceof ProblemError)) throw error;
      return error.problem;
    },
  );
  problem.catch(() => undefined); // heard by the tests that look for it
  const request = requests.at(-1) as FakeRequest;
  return { request, progress, answer, problem, form };
}

const UPLOADING: Progress = { phase: "uploading", fraction: 0 };
const ERROR = { error: "The server is busy.", code: "overloaded", stage: "request", request_id: "r" };

describe("the request", () => {
  it("is the form, for the server's ear, with the key", () => {
    const { request, form } = send({ key: "secret" });
    expect(request).toMatchObject({ method: "POST", url: "/api/v1/enhance" });
    expect(request.form).toBe(form);
    expect(request.sent).toEqual({ accept: "text/event-stream", "x-api-key": "secret" });
    expect(send().request.sent).toEqual({ accept: "text/event-stream" });
  });

  it("tells how much of it has left", () => {
    const { request, progress } = send();
    request.uploads(25, 100);
    request.uploads(100, 100);
    request.uploads(1, 0, false); // of a length that the browser does not know
    expect(progress).toEqual([UPLOADING, { phase: "uploading", fraction: 0.25 }, { phase: "uploading", fraction: 1 }]);
  });
});

describe("events", () => {
  it("tell the place in the queue, the stages and the result", async () => {
    const { request, progress, answer } = send();
    request.streams();
    request.sendsEvent("queued", { position: 2 });
    request.sendsEvent("stage", { stage: "detection", fraction: 0.5 });
    request.sendsEvent("result", success());
    request.ends();
    expect(progress).toEqual([
      UPLOADING,
      { phase: "queued", position: 2 },
      { phase: "working", stage: "detection", fraction: 0.5 },
    ]);
    expect(await answer).toEqual(success().data);
  });

  it("are the same wherever the network cuts them, comments and events of a newer server between them", async () => {
    const text = [
      ": keep-alive\n\n",
      event("queued", { position: 1 }),
      ": still there\n\n",
      event("stage", { stage: "décode", fraction: 0 }),
      event("weather", { sun: true }),
      event("stage", { stage: "upscaling", fraction: 0.75 }),
      event("result", success()),
    ].join("");
    const ending = fc.constantFrom("\n", "\r\n");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 12 }), ending, async (cuts, end) => {
        const { request, progress, answer } = send();
        request.streams();
        const sent = text.replaceAll("\n", end);
        const places = [0, ...cuts.sort((one, other) => one - other), sent.length];
        places.slice(1).forEach((place, index) => request.sendsText(sent.slice(places[index], place)));
        request.ends();
        expect(progress.slice(1)).toEqual([
          { phase: "queued", position: 1 },
          { phase: "working", stage: "décode", fraction: 0 },
          { phase: "working", stage: "upscaling", fraction: 0.75 },
        ]);
        expect((await answer).width).toBe(success().data.width);
      }),
    );
  });

  it("are all read where the browser tells of them only at the end", async () => {
    const { request, answer } = send();
    request.streams();
    request.responseText = event("stage", { stage: "decode", fraction: 0 }) + event("result", success());
    request.ends();
    expect(await answer).toEqual(success().data);
  });

  it("tell an error as an answer would", async () => {
    const { request, problem } = send();
    request.streams();
    request.sendsEvent("error", { ...ERROR, status: 503, retry_after: 3 });
    request.ends();
    expect(await problem).toMatchObject({
      message: ERROR.error,
      code: "overloaded",
      status: 503,
      requestId: "r",
      retryAfter: 3,
    });
  });

  it("tell an error that says nothing of when", async () => {
    const { request, problem } = send();
    request.streams();
    request.sendsEvent("error", { ...ERROR, status: 500, retry_after: null });
    expect(await problem).toMatchObject({ status: 500, retryAfter: null });
  });

  it.each([
    ["a result of nothing", event("result", null)],
    ["a result without a picture", event("result", { status: "success", data: { faces: [] } })],
    ["a result without faces", event("result", { status: "success", data: { restored_image: "" } })],
    ["a result without its size", event("result", { ...success(), data: { ...success().data, width: null } })],
    ["a result without its times", event("result", { ...success(), data: { ...success().data, timings_ms: null } })],
    [
      "a result without a list of warnings",
      event("result", { ...success(), data: { ...success().data, warnings: "none" } }),
    ],
    ["what is no JSON", "event: result\ndata: {\n\n"],
    ["an error of nothing", event("error", null)],
  ])("say so where there is %s", async (_what, text) => {
    const { request, problem } = send();
    request.streams();
    request.sendsText(text);
    expect(await problem).toMatchObject({ code: "unreadable" });
  });

  it.each([
    ["nothing came", ""],
    ["the work had begun", event("stage", { stage: "decode", fraction: 0 })],
    ["the result was half there", event("result", success()).slice(0, 40)],
  ])("say that the connection ended where %s", async (_when, text) => {
    const { request, problem } = send();
    request.streams();
    if (text) request.sendsText(text);
    request.ends();
    expect(await problem).toMatchObject({ code: "cut_off" });
  });

  it("never leave the photo without an end, whatever they are", async () => {
    const name = fc.constantFrom("queued", "stage", "result", "error", "other");
    const events = fc.array(
      fc.oneof(
        fc.tuple(name, fc.jsonValue()).map(([one, data]) => event(one, data)),
        fc.string(),
      ),
    );
    await fc.assert(
      fc.asyncProperty(events, async (texts) => {
        const { request, answer } = send();
        request.streams();
        texts.forEach((text) => request.sendsText(text));
        request.ends();
        await answer.catch((error: unknown) => expect(error).toBeInstanceOf(ProblemError));
      }),
    );
  });
});

describe("an answer without events", () => {
  it("is taken as it is", async () => {
    const { request, answer } = send();
    request.replies(200, JSON.stringify(success()));
    expect(await answer).toEqual(success().data);
  });

  it("tells the service's error and when to come again", async () => {
    const { request, problem } = send();
    request.replies(503, JSON.stringify(ERROR), { "retry-after": "9" });
    expect(await problem).toMatchObject({ message: ERROR.error, status: 503, retryAfter: 9 });
  });

  it.each([413, 502, 504])("tells of a proxy's page (%i)", async (status) => {
    const { request, problem } = send();
    request.replies(status, "<html><h1>nginx</h1></html>", { "content-type": "text/html" });
    expect(await problem).toMatchObject({ status, code: `http_${status}` });
  });

  it("is no stream where it is an error, whatever it calls itself", async () => {
    const { request, problem, progress } = send();
    request.answers(500, { "content-type": "text/event-stream" });
    request.sendsEvent("stage", { stage: "decode", fraction: 0 });
    request.ends();
    expect(await problem).toMatchObject({ status: 500 });
    expect(progress).toEqual([UPLOADING]);
  });

  it.each(["", "<html>", "{}", "null", '{"data":{}}'])("is said to be unreadable where it is %j", async (body) => {
    const { request, problem } = send();
    request.replies(200, body);
    expect(await problem).toMatchObject({ code: "unreadable" });
  });
});

describe("a broken connection", () => {
  it("means that the server cannot be reached, if it was never heard", async () => {
    const { request, problem } = send();
    request.disconnects();
    expect(await problem).toMatchObject({ code: "unreachable", status: null });
  });

  it("means that it broke, if it was", async () => {
    const { request, problem } = send();
    request.streams();
    request.sendsEvent("queued", { position: 0 });
    request.disconnects();
    expect(await problem).toMatchObject({ code: "cut_off" });
  });
});

describe("who cancels", () => {
  it("closes the connection and is told nothing more", async () => {
    const controller = new AbortController();
    const { request, answer, progress } = send({ signal: controller.signal });
    const reason = new Error("cancelled");
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    expect(request.isAborted).toBe(true);
    request.uploads(50, 100);
    expect(progress).toEqual([UPLOADING]);
  });

  it("before it began, sends nothing", async () => {
    const reason = new Error("cancelled");
    const send_ = vi.spyOn(XMLHttpRequest.prototype, "send");
    const { answer } = send({ signal: AbortSignal.abort(reason) });
    await expect(answer).rejects.toBe(reason);
    expect(send_).not.toHaveBeenCalled();
  });

  it("after the end, changes nothing", async () => {
    const controller = new AbortController();
    const { request, answer } = send({ signal: controller.signal });
    request.succeeds();
    await answer;
    controller.abort();
    expect(request.isAborted).toBe(false);
  });
});
