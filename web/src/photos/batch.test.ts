// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileOf, OPTIONS, photoOf, problemOf, requestOf } from "@/test/samples";
import { batchOf, doneJob, failedJob, jobOf, JOBS } from "@/test/sets";
import { ENGLISH } from "@/words/messages";
import { wordsIn } from "@/words/words";
import {
  firstGroup,
  formOfGroup,
  fractionOf,
  inWords,
  problemOfJob,
  sendingOf,
  setsInWords,
  tallyInWords,
  tallyOf,
  unsentOf,
  workOf,
  type Unsent,
} from "./batch";
import type { Photo, Request } from "./photo";

const t = wordsIn("en", ENGLISH);
const MEBIBYTE = 2 ** 20;

function batched(id: string, request: Partial<Request> = {}, changes: Partial<Photo> = {}): Photo {
  const work = { phase: "batched", request: requestOf(request), job: null, progress: { phase: "waiting" } } as const;
  return photoOf({ id, work, ...changes }, `${id}.png`);
}

function sized(id: string, bytes: number, request: Partial<Request> = {}): Unsent {
  const [unsent] = unsentOf([batched(id, request)]);
  return { ...(unsent as Unsent), file: { size: bytes } as File };
}

const idsOf = (group: readonly Unsent[]) => group.map(({ photo }) => photo.id);

describe("a set that is sent", () => {
  it("has the photos that wait for it, in their order", () => {
    const { work } = batched("x");
    const taken = { ...work, job: "job-1" } as Photo["work"];
    const photos = [photoOf({ id: "a" }), batched("b"), photoOf({ id: "c", work: taken }), batched("d")];
    expect(idsOf(unsentOf(photos))).toEqual(["b", "d"]);
    expect(sendingOf(photos)).toEqual({ photos: 2, fraction: null });
    const progress = { phase: "uploading", fraction: 0.3 } as const;
    const uploading = photoOf({ id: "e", work: { ...work, progress } as Photo["work"] });
    expect(sendingOf([...photos, uploading])).toEqual({ photos: 3, fraction: 0.3 });
  });

  it("has only photos with the same fields", () => {
    const quick = { options: { ...OPTIONS, preset: "fast" as const } };
    const unsent = unsentOf([batched("a"), batched("b", quick), batched("c"), batched("d", { overrides: { 0: 0 } })]);
    expect(idsOf(firstGroup(unsent, JOBS))).toEqual(["a", "c"]);
    expect(idsOf(firstGroup(unsent.slice(1), JOBS))).toEqual(["b"]);
    expect(firstGroup([], JOBS)).toEqual([]);
  });

  it("keeps to the limits of the server, and has one photo at least", () => {
    const limits = fc.record({ batch_size: fc.integer({ min: 1, max: 9 }), batch_mb: fc.integer({ min: 1, max: 9 }) });
    const sizes = fc.array(fc.integer({ min: 1, max: 3 * MEBIBYTE }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(limits, sizes, ({ batch_size, batch_mb }, lengths) => {
        const unsent = lengths.map((bytes, index) => sized(`p${index}`, bytes));
        const group = firstGroup(unsent, { ...JOBS, batch_size, batch_mb });
        expect(group).toEqual(unsent.slice(0, group.length));
        const bytes = group.reduce((sum, { file }) => sum + file.size, 0);
        expect(group.length).toBeGreaterThan(0);
        expect(group.length).toBeLessThanOrEqual(batch_size);
        if (group.length > 1) expect(bytes).toBeLessThan(batch_mb * MEBIBYTE);
        else if (unsent.length > 1 && batch_size > 1) {
          expect((unsent[0]?.file.size ?? 0) + (unsent[1]?.file.size ?? 0)).toBeGreaterThan(
            (batch_mb - 0.1) * MEBIBYTE,
          );
        }
      }),
    );
  });

  it("is a form with each photo and the fields of all", () => {
    const form = formOfGroup(unsentOf([batched("a"), batched("b")]));
    expect(form.getAll("file").map((file) => (file as File).name)).toEqual(["a.png", "b.png"]);
    expect(form.getAll("upscale_factor")).toEqual(["2"]);
    expect([...formOfGroup([])]).toEqual([]);
  });

  it("is not of photos that the server fetches itself", () => {
    const address = batched("a", {}, { source: { address: "https://example.org/a.png" } });
    expect(unsentOf([address, batched("b", {}, { source: { file: fileOf([1]) } })])).toHaveLength(1);
  });
});

describe("the work of a photo by its job", () => {
  const request = requestOf();

  it.each([
    [jobOf(), { phase: "batched", request, job: "job-1", progress: { phase: "waiting" } }],
    [jobOf({ state: "running" }), { phase: "batched", request, job: "job-1", progress: { phase: "waiting" } }],
    [
      jobOf({ state: "running", stage: "upscaling", fraction: 0.5 }),
      { phase: "batched", request, job: "job-1", progress: { phase: "working", stage: "upscaling", fraction: 0.5 } },
    ],
    [doneJob(), { phase: "kept", request, job: "job-1", seconds: 2.5, problem: null }],
    [doneJob({ started_at: null }), { phase: "kept", request, job: "job-1", seconds: 0, problem: null }],
    [jobOf({ state: "cancelled" }), { phase: "idle" }],
  ])("of %o", (job, work) => {
    expect(workOf(job, request)).toEqual(work);
  });

  it("of a job that has failed, is the error that /enhance would have answered", () => {
    const problem = { code: "no_face_detected", stage: "detection", status: 422, message: "No face was found." };
    expect(workOf(failedJob(), request)).toMatchObject({ phase: "failed", retryAt: null, problem });
    expect(workOf(jobOf({ state: "expired" }), request)).toMatchObject({ problem: { code: "expired" } });
    expect(problemOfJob(doneJob())).toBeNull();
  });
});

describe("how far sets are, in words", () => {
  const [queued, running, done, failed] = [jobOf(), jobOf({ state: "running" }), doneJob(), failedJob()];
  const cancelled = jobOf({ state: "cancelled" });

  it.each([
    [[queued, running, done], "1 of 3 photos is done"],
    [[queued, queued], "0 of 2 photos are done"],
    [[done, done], "All 2 photos are done"],
    [[done], "The photo is done"],
    [[failed], "0 of 1 photo is done, 1 failed"],
    [[done, done, failed, cancelled], "2 of 4 photos are done, 1 failed, 1 cancelled"],
  ])("%#", (jobs, words) => {
    expect(tallyInWords(t, tallyOf([batchOf(jobs)]))).toBe(words);
  });

  it("counts several sets together", () => {
    expect(setsInWords(t, [batchOf([done]), batchOf([done, queued])])).toBe(
      "2 sets of photos are being worked on: 2 of 3 photos are done",
    );
    expect(setsInWords(t, [batchOf([done]), batchOf([failed])])).toBe(
      "2 sets of photos are over: 1 of 2 photos is done, 1 failed",
    );
    expect(setsInWords(t, [batchOf([done, done])])).toBe("All 2 photos are done");
  });

  it("as a fraction", () => {
    expect(fractionOf(tallyOf([batchOf([done, failed, queued, running])]))).toBe(0.5);
    expect(fractionOf(tallyOf([]))).toBe(1);
  });
});

it("says what a missing set means, and leaves other problems as they are", () => {
  expect(inWords(problemOf({ status: 404, code: "unknown_job" })).message).toEqual({ key: "problems.lost" });
  expect(inWords(problemOf({ status: 404, code: "jobs_off" })).message).toEqual({ key: "problems.setsOff" });
  const quota = problemOf({ status: 429, code: "quota_exceeded", message: "You have 100 jobs waiting." });
  expect(inWords(quota)).toBe(quota);
});
