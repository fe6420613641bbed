// @vitest-environment node
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CUT_OFF, problemFrom, problemOf, ProblemError, refusedHere } from "./problem";

afterEach(() => {
  vi.useRealTimers();
});

describe("problemOf", () => {
  it("has the fields of the service's error", () => {
    const body = { error: "No face was found.", code: "no_face_detected", stage: "detection", request_id: "abc" };
    expect(problemOf(422, JSON.stringify(body), null)).toEqual({
      message: "No face was found.",
      code: "no_face_detected",
      status: 422,
      stage: "detection",
      requestId: "abc",
      retryAfter: null,
    });
  });

  it.each([
    "<html><h1>502 Bad Gateway</h1></html>",
    "",
    "null",
    "[]",
    '"error"',
    '{"error":{"deep":1}}',
    '{"detail":"Not Found"}',
  ])("has a sentence of its own for another body: %s", (body) => {
    expect(problemOf(502, body, null)).toMatchObject({
      message: { key: "problems.answered", values: { status: 502 } },
      code: "http_502",
      status: 502,
    });
  });

  it("can be shown for any status, body and Retry-After", () => {
    const error = fc.record(
      {
        error: fc.oneof(fc.string(), fc.jsonValue()),
        code: fc.jsonValue(),
        stage: fc.jsonValue(),
        request_id: fc.jsonValue(),
      },
      { requiredKeys: ["error"] },
    );
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      error.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(fc.integer(), body, fc.option(fc.string()), (status, text, retryAfter) => {
        const problem = problemOf(status, text, retryAfter);
        expect([typeof problem.code, problem.status]).toEqual(["string", status]);
        const isSaid = typeof problem.message === "string" ? problem.message !== "" : problem.message.key !== undefined;
        expect(isSaid).toBe(true);
        for (const shown of [problem.stage, problem.requestId])
          expect(shown === null || typeof shown === "string").toBe(true);
        expect(problem.retryAfter === null || (Number.isFinite(problem.retryAfter) && problem.retryAfter >= 0)).toBe(
          true,
        );
      }),
    );
  });
});

describe("Retry-After", () => {
  it.each([
    ["7", 7],
    ["0", 0],
    ["1.5", 1.5],
    ["-3", 0],
    ["Sat, 21 Nov 2026 11:00:30 GMT", 30],
    ["Sat, 21 Nov 2026 10:00:00 GMT", 0],
    ["soon", null],
    ["Infinity", null],
    ["", null],
    [null, null],
  ])("of %j is %j seconds", (value, seconds) => {
    vi.useFakeTimers({ now: new Date("2026-11-21T11:00:00Z") });
    expect(problemOf(503, "", value).retryAfter).toBe(seconds);
  });
});

describe("problemFrom", () => {
  it("returns the problem of a ProblemError", () => {
    expect(problemFrom(new ProblemError(CUT_OFF))).toBe(CUT_OFF);
  });

  it("returns a problem for any other value", () => {
    expect(problemFrom(new TypeError("x is undefined"))).toMatchObject({
      message: { key: "problems.failed", values: { fault: "TypeError: x is undefined" } },
      status: null,
    });
    expect(problemFrom(undefined).message).toMatchObject({ values: { fault: "undefined" } });
  });
});

it("has no status and no delay for a photo that is not sent", () => {
  expect(refusedHere("too_many_pixels", { key: "intake.empty" })).toMatchObject({
    code: "too_many_pixels",
    message: { key: "intake.empty" },
    status: null,
    retryAfter: null,
  });
});
