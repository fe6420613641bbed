import { act, renderHook, waitFor } from "@testing-library/react";
import { useLayoutEffect, useReducer } from "react";
import { expect, it, vi } from "vitest";
import type { Batch } from "@/api/types";
import * as batches from "@/api/batches";
import { EMPTY, reduce } from "@/photos/reducer";
import { LIMITS, OPTIONS, photoOf } from "@/test/samples";
import { batchOf, jobOf, JOBS } from "@/test/sets";
import { useSender } from "./useSender";

vi.mock("@/api/batches");

const IDS = ["a", "b", "c"];

/** Longer than React works in one piece: it draws the page, and runs the effects of that only in its next piece. */
const PIECE_MS = 20;

type Sent = { progress: (fraction: number) => void; take: (batch: Batch) => void };

function sending(onDrawn: () => void) {
  const sent: Sent[] = [];
  vi.mocked(batches.sendBatch).mockImplementation(
    (_, { onProgress: progress }) => new Promise((take) => sent.push({ progress, take })),
  );
  const view = renderHook(() => {
    const photos = IDS.map((id) => photoOf({ id }));
    const [state, dispatch] = useReducer(reduce, { ...EMPTY, options: OPTIONS, photos });
    useSender(state.photos, dispatch, { key: null, limits: LIMITS, jobs: { ...JOBS, batch_size: 2 }, onSent: vi.fn() });
    useLayoutEffect(onDrawn);
    return { state, dispatch };
  });
  return {
    sent,
    batch: () => act(async () => view.result.current.dispatch({ type: "batched", ids: IDS })),
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
