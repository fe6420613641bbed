import { act, renderHook, waitFor } from "@testing-library/react";
import { useReducer, useState } from "react";
import { expect, it, vi } from "vitest";
import * as batches from "@/api/batches";
import { EMPTY, reduce } from "@/photos/reducer";
import type { SavedSet } from "@/photos/sets";
import { LIMITS, OPTIONS, photoOf } from "@/test/samples";
import { batchOf, jobOf, JOBS } from "@/test/sets";
import { useSets } from "./useSets";

vi.mock("@/api/batches");

it("ends a photo whose set has expired while it waited", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const times = { created_at: "2026-11-28T02:10:00Z", expires_at: "2026-11-28T02:40:00Z" };
  const waiting = { ...batchOf([jobOf({ id: "a" })]), ...times };
  vi.mocked(batches.sendBatch).mockResolvedValue(waiting);
  vi.mocked(batches.fetchBatch).mockResolvedValue(waiting);
  const { result } = renderHook(() => {
    const [saved, onSaved] = useState<SavedSet[]>([]);
    const [state, dispatch] = useReducer(reduce, { ...EMPTY, options: OPTIONS, photos: [photoOf({ id: "a" })] });
    const { sets } = useSets(state, dispatch, { key: null, limits: LIMITS, jobs: JOBS, saved, onSaved });
    return { state, dispatch, sets };
  });
  await act(async () => result.current.dispatch({ type: "batched", ids: ["a"] }));
  await waitFor(() => expect(result.current.sets).toHaveLength(1));
  await act(() => vi.advanceTimersByTimeAsync(29 * 60_000));
  expect(result.current.state.photos[0]?.work.phase).toBe("batched");
  await act(() => vi.advanceTimersByTimeAsync(2 * 60_000));
  expect(result.current.sets).toEqual([]);
  expect(result.current.state.photos[0]?.work).toMatchObject({ phase: "failed", problem: { code: "expired" } });
  vi.useRealTimers();
});
