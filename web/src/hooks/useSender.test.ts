import { act, renderHook, waitFor } from "@testing-library/react";
import { useLayoutEffect, useReducer } from "react";
import { describe, expect, it, vi } from "vitest";
import type { Batch } from "@/api/types";
import * as batches from "@/api/batches";
import { ProblemError, UNREACHABLE } from "@/api/problem";
import { FILE_GONE } from "@/photos/picture";
import { EMPTY, reduce } from "@/photos/reducer";
import { LIMITS, OPTIONS, photoOf, problemOf } from "@/test/samples";
import { batchOf, jobOf, JOBS } from "@/test/sets";
import { useSender } from "./useSender";

vi.mock("@/api/batches");

const IDS = ["a", "b", "c"];

/** Longer than React works in one piece: it draws the page, and runs the effects of that only in its next piece. */
const PIECE_MS = 20;

type Sent = {
  progress: (fraction: number) => void;
  take: (batch: Batch) => void;
  refuse: (error: unknown) => void;
  signal: AbortSignal;
  key: string;
};

function sending(onDrawn = () => {}) {
  const sent: Sent[] = [];
  vi.mocked(batches.sendBatch).mockImplementation((_, { onProgress: progress, signal, sendingKey: key }) => {
    return new Promise((take, refuse) => sent.push({ progress, take, refuse, signal, key }));
  });
  const onSent = vi.fn();
  const view = renderHook(() => {
    const photos = IDS.map((id) => photoOf({ id }));
    const [state, dispatch] = useReducer(reduce, { ...EMPTY, options: OPTIONS, photos });
    useSender(state.photos, dispatch, { key: null, limits: LIMITS, jobs: { ...JOBS, batch_size: 2 }, onSent });
    useLayoutEffect(onDrawn);
    return { state, dispatch };
  });
  return {
    sent,
    batch: () => act(async () => view.result.current.dispatch({ type: "batched", ids: IDS })),
    problems: () =>
      view.result.current.state.photos.map(({ work }) => (work.phase === "failed" ? work.problem.message : null)),
    cancel: () => act(async () => IDS.forEach((id) => view.result.current.dispatch({ type: "cancelled", id }))),
    onSent,
    jobs: () => view.result.current.state.photos.map(({ work }) => (work.phase === "batched" ? work.job : work.phase)),
  };
}

it("sends each photo once, also where the server answers between drawing the page and its effects", async () => {
  let answer: (() => void) | null = null;
  const { sent, batch, jobs } = sending(() => {
    if (answer === null) return;
    answer();
    answer = null;
    for (const until = performance.now() + PIECE_MS; performance.now() < until;);
  });
  await batch();
  await waitFor(() => expect(sent).toHaveLength(1));
  answer = () => sent[0]?.take(batchOf([jobOf({ id: "a" }), jobOf({ id: "b" })]));
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false); // React works in pieces
  sent[0]?.progress(1);
  await waitFor(() => expect(sent.length).toBeGreaterThan(1));
  sent[1]?.take(batchOf([jobOf({ id: "c" })], "batch-2"));
  await waitFor(() => expect(jobs()).toEqual(IDS));
  expect(sent).toHaveLength(2);
});

it("says of which photo the file was changed while the set was sent", async () => {
  const { sent, batch, problems } = sending();
  await batch();
  await waitFor(() => expect(sent).toHaveLength(1));
  vi.spyOn(Blob.prototype, "arrayBuffer").mockRejectedValueOnce(new DOMException("changed", "NotReadableError"));
  await act(async () => sent[0]?.refuse(new ProblemError(UNREACHABLE)));
  await waitFor(() => expect(problems().filter(Boolean)).toEqual([FILE_GONE.message, UNREACHABLE.message]));
});

it("says for a person that the server takes no sets any more", async () => {
  const { sent, batch, problems } = sending();
  await batch();
  await waitFor(() => expect(sent).toHaveLength(1));
  const off = problemOf({ status: 404, code: "jobs_off", message: "Its operator sets LIKENESS_DATA_DIR." });
  await act(async () => sent[0]?.refuse(new ProblemError(off)));
  await waitFor(() => expect(problems()[0]).toEqual({ key: "problems.setsOff" }));
});

describe("a set that is cancelled", () => {
  it("is no longer sent while it is not uploaded", async () => {
    const { sent, batch, cancel } = sending();
    await batch();
    await waitFor(() => expect(sent).toHaveLength(1));
    await act(async () => sent[0]?.progress(0.99));
    await cancel();
    expect(sent[0]?.signal.aborted).toBe(true);
  });

  it("just as the server takes it is removed there", async () => {
    vi.mocked(batches.deleteBatch).mockReset().mockResolvedValue();
    const { sent, batch, cancel, onSent, jobs } = sending();
    await batch();
    await waitFor(() => expect(sent).toHaveLength(1));
    await act(async () => sent[0]?.progress(1));
    await cancel();
    expect(sent[0]?.signal.aborted).toBe(false);
    await act(async () => sent[0]?.take(batchOf([jobOf({ id: "a" }), jobOf({ id: "b" })])));
    await waitFor(() => expect(batches.deleteBatch).toHaveBeenCalledExactlyOnceWith("batch-1", { key: null }));
    expect(onSent).not.toHaveBeenCalled();
    expect(jobs()).toEqual(["idle", "idle", "idle"]);
  });

  it("whose answer is lost is sent again under its key, to learn what is to be removed", async () => {
    vi.mocked(batches.deleteBatch).mockReset().mockResolvedValue();
    const { sent, batch, cancel, jobs } = sending();
    await batch();
    await waitFor(() => expect(sent).toHaveLength(1));
    await act(async () => sent[0]?.progress(1));
    await cancel();
    await act(async () => sent[0]?.refuse(new ProblemError(UNREACHABLE)));
    await waitFor(() => expect(sent).toHaveLength(2), { timeout: 3000 });
    expect(sent[1]?.key).toBe(sent[0]?.key);
    await act(async () => sent[1]?.take(batchOf([jobOf({ id: "a" }), jobOf({ id: "b" })])));
    await waitFor(() => expect(batches.deleteBatch).toHaveBeenCalledOnce());
    expect(jobs()).toEqual(["idle", "idle", "idle"]);
  });

  it("and is refused is not sent again, and its photos have not failed", async () => {
    const { sent, batch, cancel, jobs } = sending();
    await batch();
    await waitFor(() => expect(sent).toHaveLength(1));
    await act(async () => sent[0]?.progress(1));
    await cancel();
    await act(async () => sent[0]?.refuse(new ProblemError(problemOf({ retryAfter: 1 }))));
    expect(jobs()).toEqual(["idle", "idle", "idle"]);
    expect(sent).toHaveLength(1);
  });

  it("and cannot be removed is handed over, to be shown and cancelled", async () => {
    vi.mocked(batches.deleteBatch).mockReset().mockRejectedValue(new ProblemError(UNREACHABLE));
    const { sent, batch, cancel, onSent } = sending();
    await batch();
    await waitFor(() => expect(sent).toHaveLength(1));
    await act(async () => sent[0]?.progress(1));
    await cancel();
    await act(async () => sent[0]?.take(batchOf([jobOf({ id: "a" }), jobOf({ id: "b" })])));
    await waitFor(() => expect(onSent).toHaveBeenCalledOnce());
  });
});

it("sends a set whose answer was lost again under the same key, and other sets under others", async () => {
  const { sent, batch, jobs } = sending();
  await batch();
  await waitFor(() => expect(sent).toHaveLength(1));
  await act(async () => sent[0]?.progress(1));
  await act(async () => sent[0]?.refuse(new ProblemError(UNREACHABLE)));
  await waitFor(() => expect(sent).toHaveLength(2), { timeout: 3000 });
  await act(async () => sent[1]?.take(batchOf([jobOf({ id: "a" }), jobOf({ id: "b" })])));
  await waitFor(() => expect(sent).toHaveLength(3));
  expect(sent[1]?.key).toBe(sent[0]?.key);
  expect(sent[2]?.key).not.toBe(sent[0]?.key);
  expect(jobs().slice(0, 2)).toEqual(["a", "b"]);
});
