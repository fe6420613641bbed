// @vitest-environment node
import { describe, expect, it } from "vitest";
import { CUT_OFF, refusedHere, TOO_MANY_PIXELS, UNREACHABLE, type Problem } from "@/api/problem";
import { LIMITS, lookOf, OPTIONS, photoOf, problemOf, requestOf, resultOf } from "@/test/samples";
import { isForGood, isWorthSending } from "./again";
import { EXPIRED } from "./batch";
import type { Photo, Work } from "./photo";
import { FILE_GONE } from "./picture";

const isWorth = (changes: Partial<Photo>) => isWorthSending(photoOf(changes), OPTIONS, LIMITS);
const failed = (problem: Problem, retryAt: number | null = null): Work => ({
  phase: "failed",
  tries: 1,
  problem,
  retryAt,
});

const FOR_GOOD: [string, Problem][] = [
  ["no face", problemOf({ status: 422, code: "no_face_detected" })],
  ["a broken file", problemOf({ status: 422, code: "broken_image" })],
  ["a kind of file that is not taken", problemOf({ status: 415 })],
  ["too many bytes", problemOf({ status: 413 })],
  ["a missing key", problemOf({ status: 401, code: "unauthorized" })],
  ["too many pixels", refusedHere(TOO_MANY_PIXELS, { key: "intake.empty" })],
  ["a file that is gone", FILE_GONE],
  ["more work than there is time for", problemOf({ status: 504, code: "deadline_exceeded", stage: "upscaling" })],
];

const PASSING: [string, Problem][] = [
  ["a busy server", problemOf({ status: 503, code: "overloaded" })],
  ["a rate limit", problemOf({ status: 429, code: "rate_limited" })],
  ["a slow upload", problemOf({ status: 408, code: "upload_too_slow" })],
  ["a fault of the server", problemOf({ status: 500, code: "internal_error" })],
  ["a proxy without a server", problemOf({ status: 502, code: "http_502" })],
  ["a proxy that has waited", problemOf({ status: 504, code: "http_504" })],
  ["a queue that was too long", problemOf({ status: 504, code: "deadline_exceeded", stage: "queue" })],
  ["a server that takes no sets any more", problemOf({ status: 404, code: "jobs_off" })],
  ["a lost connection", UNREACHABLE],
  ["a cut connection", CUT_OFF],
  ["a result that was kept too long", EXPIRED],
];

describe("all photos that are restored together", () => {
  it.each(FOR_GOOD)("are without one that has failed because of %s", (_, problem) => {
    expect(isForGood(problem)).toBe(true);
    expect(isWorth({ work: failed(problem) })).toBe(false);
  });

  it.each(PASSING)("are with one that has failed because of %s", (_, problem) => {
    expect(isForGood(problem)).toBe(false);
    expect(isWorth({ work: failed(problem) })).toBe(true);
  });

  it("are new ones, and those whose options have changed since", () => {
    expect(isWorth({})).toBe(true);
    expect(isWorth({ result: resultOf() })).toBe(false);
    expect(isWorth({ result: resultOf({}, { ...OPTIONS, upscale_factor: 4 }) })).toBe(true);
  });

  it("are without those that a set has done, are in work, or will be sent again anyway", () => {
    const request = requestOf();
    expect(isWorth({ work: { phase: "kept", request, job: "j", seconds: 1, problem: null } })).toBe(false);
    expect(isWorth({ work: { phase: "waiting", tries: 0 } })).toBe(false);
    expect(isWorth({ work: { phase: "batched", request, job: "j", progress: { phase: "waiting" } } })).toBe(false);
    expect(isWorth({ work: failed(problemOf(), 5000) })).toBe(false);
  });

  it("are without those that cannot be sent", () => {
    expect(isWorth({ refusal: { key: "intake.empty" } })).toBe(false);
    expect(isWorth({ source: { job: "j" } })).toBe(false);
    expect(isWorth({ size: { width: 6000, height: 6000 } })).toBe(false); // ×2 of it are 144 megapixels
  });

  it("are without those of which a look has told that they would fail", () => {
    expect(isWorth({ look: lookOf() })).toBe(true);
    expect(isWorth({ look: lookOf({ faces: [] }) })).toBe(false);
    expect(isWorth({ look: lookOf({ faces: [] }), requireFace: false })).toBe(true);
    const onlyEnlarged = { ...OPTIONS, strength: 0 };
    const look = lookOf({ faces: [] }, { options: onlyEnlarged });
    expect(isWorthSending(photoOf({ look }), onlyEnlarged, LIMITS)).toBe(true);
    const refused = { ...lookOf(), facts: null, problem: problemOf({ status: 422, code: "broken_image" }) };
    expect(isWorth({ look: refused })).toBe(false);
    const ofOther = { ...OPTIONS, color_correction: "auto" as const };
    expect(isWorthSending(photoOf({ look: refused }), ofOther, LIMITS)).toBe(true);
  });
});
