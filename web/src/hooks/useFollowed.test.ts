import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as batches from "@/api/batches";
import { ProblemError } from "@/api/problem";
import { problemOf } from "@/test/samples";
import { batchOf, jobOf } from "@/test/sets";
import { LEAST_MS, useFollowed } from "./useFollowed";

vi.mock("@/api/batches");

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const IDS = ["batch-1"];
const wait = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const asked = () => vi.mocked(batches.fetchBatch).mock.calls.length;

it("asks again while photos are left, and not any more once all are over", async () => {
  vi.mocked(batches.fetchBatch).mockResolvedValue(batchOf([jobOf()]));
  renderHook(() => useFollowed(IDS, null, vi.fn()));
  await wait(LEAST_MS);
  expect(asked()).toBe(2);
  vi.mocked(batches.fetchBatch).mockResolvedValue(batchOf([jobOf({ state: "succeeded" })]));
  await wait(60_000);
  expect(asked()).toBe(3);
});

it.each([60, 1e8])("waits where the server says to come back in %i seconds, and not for ever", async (retryAfter) => {
  const busy = new ProblemError(problemOf({ status: 503, retryAfter }));
  vi.mocked(batches.fetchBatch).mockRejectedValue(busy);
  renderHook(() => useFollowed(IDS, null, vi.fn()));
  await wait(59_000);
  expect(asked()).toBe(1);
  await wait(600_000);
  expect(asked()).toBeGreaterThan(1);
});
