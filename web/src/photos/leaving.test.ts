import { expect, it } from "vitest";
import { photoOf, problemOf, requestOf } from "@/test/samples";
import { isAtWork } from "./leaving";
import type { Work } from "./photo";

const progress = { phase: "uploading", fraction: 0.5 } as const;
const request = requestOf();

it.each<[string, Work, boolean]>([
  ["idle", { phase: "idle" }, false],
  ["waiting", { phase: "waiting", tries: 0 }, true],
  ["being restored", { phase: "active", tries: 1, since: 0, progress }, true],
  ["about to be sent again", { phase: "failed", tries: 1, problem: problemOf(), retryAt: 9 }, true],
  ["failed", { phase: "failed", tries: 1, problem: problemOf(), retryAt: null }, false],
  ["on its way as one of a set", { phase: "batched", request, job: null, progress }, true],
  ["one of a set that the server has", { phase: "batched", request, job: "job-1", progress }, false],
  ["done and kept by the server", { phase: "kept", request, job: "job-1", seconds: 1, problem: null }, false],
])("the work on a photo that is %s: %o", (_, work, isLost) => {
  expect(isAtWork(photoOf({ work }))).toBe(isLost);
});
