// @vitest-environment node
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ERROR, sendForm, UPLOADING } from "@/test/sending";
import { event, serveRequests, success, type FakeRequest } from "@/test/server";
import { ProblemError } from "./problem";

let requests: FakeRequest[];
beforeEach(() => {
  requests = serveRequests();
});

describe("events", () => {
  it("report the place in the queue and the stages, and end with the result", async () => {
    const { request, progress, answer } = sendForm(requests);
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

  it("report what the stages are to take, and how much of the result has come", async () => {
    const { request, progress, plans, answer } = sendForm(requests);
    const text = event("result", success());
    request.streams();
    request.sendsEvent("plan", { seconds: 3, stages_s: { restoration: 1, upscaling: 2 } });
    request.sendsEvent("sending", { bytes: text.length });
    request.sendsText(text.slice(0, 100));
    request.sendsText(text.slice(100, 200));
    request.sendsText(text.slice(200));
    expect(plans).toEqual([{ restoration: 1, upscaling: 2 }]);
    const received = progress.slice(1).map((step) => (step.phase === "downloading" ? step.fraction : -1));
    expect(received).toHaveLength(3); // the last piece completes the result
    expect(received).toEqual(received.toSorted((one, other) => one - other));
    expect(received[0]).toBeGreaterThanOrEqual(0);
    expect(received[2]).toBeGreaterThan(200 / text.length);
    expect(received[2]).toBeLessThanOrEqual(1);
    expect(await answer).toEqual(success().data);
  });

  it("report the seconds in the queue if the server tells them", () => {
    const { request, progress } = sendForm(requests);
    request.streams();
    request.sendsEvent("queued", { position: 2, seconds: 40.5 });
    request.sendsEvent("queued", { position: 1, seconds: null });
    expect(progress.slice(1)).toEqual([
      { phase: "queued", position: 2, seconds: 40.5 },
      { phase: "queued", position: 1, seconds: null },
    ]);
  });

  it("are parsed wherever the network splits them, between comments and unknown events", async () => {
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
        const { request, progress, answer } = sendForm(requests);
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

  it("are all parsed if the browser reports them only at the end", async () => {
    const { request, answer } = sendForm(requests);
    request.streams();
    request.responseText = event("stage", { stage: "decode", fraction: 0 }) + event("result", success());
    request.ends();
    expect(await answer).toEqual(success().data);
  });

  it("report an error with its status and its delay", async () => {
    const { request, problem } = sendForm(requests);
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

  it("report an error without a delay", async () => {
    const { request, problem } = sendForm(requests);
    request.streams();
    request.sendsEvent("error", { ...ERROR, status: 500, retry_after: null });
    expect(await problem).toMatchObject({ status: 500, retryAfter: null });
  });

  it.each([
    ["a result of null", event("result", null)],
    ["a result without a picture", event("result", { status: "success", data: { faces: [] } })],
    ["a result without faces", event("result", { status: "success", data: { restored_image: "" } })],
    ["a result without its size", event("result", { ...success(), data: { ...success().data, width: null } })],
    ["a result without its times", event("result", { ...success(), data: { ...success().data, timings_ms: null } })],
    [
      "a result without a list of warnings",
      event("result", { ...success(), data: { ...success().data, warnings: "none" } }),
    ],
    ["data that is not JSON", "event: result\ndata: {\n\n"],
    ["an error of null", event("error", null)],
  ])("are unreadable if there is %s", async (_what, text) => {
    const { request, problem } = sendForm(requests);
    request.streams();
    request.sendsText(text);
    expect(await problem).toMatchObject({ code: "unreadable" });
  });

  it.each([
    ["nothing", ""],
    ["a stage", event("stage", { stage: "decode", fraction: 0 })],
    ["half of the result", event("result", success()).slice(0, 40)],
  ])("report a cut connection if the stream ends after %s", async (_what, text) => {
    const { request, problem } = sendForm(requests);
    request.streams();
    if (text) request.sendsText(text);
    request.ends();
    expect(await problem).toMatchObject({ code: "cut_off" });
  });

  it("always end with a result or a ProblemError", async () => {
    const name = fc.constantFrom("queued", "stage", "result", "error", "other");
    const events = fc.array(
      fc.oneof(
        fc.tuple(name, fc.jsonValue()).map(([one, data]) => event(one, data)),
        fc.string(),
      ),
    );
    await fc.assert(
      fc.asyncProperty(events, async (texts) => {
        const { request, answer } = sendForm(requests);
        request.streams();
        texts.forEach((text) => request.sendsText(text));
        request.ends();
        await answer.catch((error: unknown) => expect(error).toBeInstanceOf(ProblemError));
      }),
    );
  });
});
