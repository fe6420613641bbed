"use client";

import { useCallback, useEffect, useEffectEvent, useState } from "react";
import { fetchBatch, type Caller } from "@/api/batches";
import { problemFrom, type Problem } from "@/api/problem";
import type { Batch } from "@/api/types";
import { isOver } from "@/photos/batch";
import { pause } from "@/photos/pause";

/** Between two questions about a set; longer while nothing changes, and longer still while the server does not answer. */
export const LEAST_MS = 1000;
const MOST_MS = 3000;
const MOST_WITHOUT_ANSWER_MS = 30_000;
/** At most, whatever time the server names: timers take no more than 24 days, and then wait not at all. */
const MOST_NAMED_MS = 600_000;

/** Statuses after which asking again may help. */
const PASSING = [408, 429, 500, 502, 503, 504];

/** What is known of a set. `problem`: why the server could not be asked just now. */
export type Known = { batch: Batch | null; problem: Problem | null };

const UNKNOWN: Known = { batch: null, problem: null };

/**
 * Follows these sets until all their photos are over, and tells `onKnown` each time. Returns what is known of each, a
 * function that asks again about all, and one that takes what the server has told of a set when it was sent.
 */
export function useFollowed(
  ids: readonly string[],
  key: string | null,
  onKnown: (id: string, known: Known) => void,
): { known: (id: string) => Known; ask: () => void; learn: (batch: Batch) => void } {
  const [all, setAll] = useState<Readonly<Record<string, Known>>>({});
  const [round, setRound] = useState(0);
  const tell = useEffectEvent((id: string, news: Partial<Known>) => {
    const known = { ...UNKNOWN, ...all[id], ...news };
    setAll((before) => ({ ...before, [id]: { ...UNKNOWN, ...before[id], ...news } }));
    onKnown(id, known);
  });
  const joined = ids.join(" ");
  useEffect(() => {
    const controller = new AbortController();
    for (const id of joined.split(" ").filter(Boolean)) {
      void follow(id, { key, signal: controller.signal }, (news) => tell(id, news));
    }
    return () => controller.abort();
  }, [joined, key, round]);
  const ask = useCallback(() => setRound((count) => count + 1), []);
  const learn = useCallback((batch: Batch) => {
    setAll((before) => ({ ...before, [batch.id]: { batch, problem: null } }));
  }, []);
  return { known: (id) => all[id] ?? UNKNOWN, ask, learn };
}

async function follow(id: string, caller: Caller & { signal: AbortSignal }, tell: (news: Partial<Known>) => void) {
  const { signal } = caller;
  let wait = LEAST_MS;
  let before = "";
  while (!signal.aborted) {
    try {
      const batch = await fetchBatch(id, caller);
      if (signal.aborted) return;
      tell({ batch, problem: null });
      if (batch.jobs.every(isOver)) return;
      const now = JSON.stringify(batch.jobs.map(({ state, stage, fraction }) => [state, stage, fraction]));
      wait = now === before ? Math.min(wait * 1.5, MOST_MS) : LEAST_MS;
      before = now;
    } catch (error) {
      if (signal.aborted) return;
      const problem = problemFrom(error);
      tell({ problem });
      if (problem.status !== null && !PASSING.includes(problem.status)) return;
      wait = Math.max(
        Math.min(wait * 2, MOST_WITHOUT_ANSWER_MS),
        Math.min((problem.retryAfter ?? 0) * 1000, MOST_NAMED_MS),
      );
    }
    await pause(wait, signal);
  }
}
