// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ERROR, sendForm, UPLOADING } from "@/test/sending";
import { serveRequests, success, type FakeRequest } from "@/test/server";

let requests: FakeRequest[];
beforeEach(() => {
  requests = serveRequests();
});

describe("the request", () => {
  it("sends the form and the key, and asks for events", () => {
    const { request, form } = sendForm(requests, { key: "secret" });
    expect(request).toMatchObject({ method: "POST", url: "/api/v1/enhance" });
    expect(request.form).toBe(form);
    expect(request.sent).toEqual({ accept: "text/event-stream", "x-api-key": "secret" });
    expect(sendForm(requests).request.sent).toEqual({ accept: "text/event-stream" });
  });

  it("reports how much of it is uploaded", () => {
    const { request, progress } = sendForm(requests);
    request.uploads(25, 100);
    request.uploads(100, 100);
    request.uploads(1, 0, false); // the browser does not know the length
    expect(progress).toEqual([UPLOADING, { phase: "uploading", fraction: 0.25 }, { phase: "uploading", fraction: 1 }]);
  });
});

describe("an answer without events", () => {
  it("is the result", async () => {
    const { request, answer } = sendForm(requests);
    request.replies(200, JSON.stringify(success()));
    expect(await answer).toEqual(success().data);
  });

  it("gives the service's error and its Retry-After", async () => {
    const { request, problem } = sendForm(requests);
    request.replies(503, JSON.stringify(ERROR), { "retry-after": "9" });
    expect(await problem).toMatchObject({ message: ERROR.error, status: 503, retryAfter: 9 });
  });

  it.each([413, 502, 504])("may be a proxy's page (%i)", async (status) => {
    const { request, problem } = sendForm(requests);
    request.replies(status, "<html><h1>nginx</h1></html>", { "content-type": "text/html" });
    expect(await problem).toMatchObject({ status, code: `http_${status}` });
  });

  it("is not parsed as events if its status is an error", async () => {
    const { request, problem, progress } = sendForm(requests);
    request.answers(500, { "content-type": "text/event-stream" });
    request.sendsEvent("stage", { stage: "decode", fraction: 0 });
    request.ends();
    expect(await problem).toMatchObject({ status: 500 });
    expect(progress).toEqual([UPLOADING]);
  });

  it.each(["", "<html>", "{}", "null", '{"data":{}}'])("is unreadable if it is %j", async (body) => {
    const { request, problem } = sendForm(requests);
    request.replies(200, body);
    expect(await problem).toMatchObject({ code: "unreadable" });
  });
});

describe("a broken connection", () => {
  it("means an unreachable server if nothing was received", async () => {
    const { request, problem } = sendForm(requests);
    request.disconnects();
    expect(await problem).toMatchObject({ code: "unreachable", status: null });
  });

  it("means a cut connection if something was received", async () => {
    const { request, problem } = sendForm(requests);
    request.streams();
    request.sendsEvent("queued", { position: 0 });
    request.disconnects();
    expect(await problem).toMatchObject({ code: "cut_off" });
  });
});

describe("cancelling", () => {
  it("closes the connection, and nothing more is reported", async () => {
    const controller = new AbortController();
    const { request, answer, progress } = sendForm(requests, { signal: controller.signal });
    const reason = new Error("cancelled");
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    expect(request.isAborted).toBe(true);
    request.uploads(50, 100);
    expect(progress).toEqual([UPLOADING]);
  });

  it("before the start sends nothing", async () => {
    const reason = new Error("cancelled");
    const sending = vi.spyOn(XMLHttpRequest.prototype, "send");
    const { answer } = sendForm(requests, { signal: AbortSignal.abort(reason) });
    await expect(answer).rejects.toBe(reason);
    expect(sending).not.toHaveBeenCalled();
  });

  it("after the end changes nothing", async () => {
    const controller = new AbortController();
    const { request, answer } = sendForm(requests, { signal: controller.signal });
    request.succeeds();
    await answer;
    controller.abort();
    expect(request.isAborted).toBe(false);
  });
});
