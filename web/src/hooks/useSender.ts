"use client";

import { useEffect, useEffectEvent, useRef, useState, type Dispatch } from "react";
import { deleteBatch, sendBatch } from "@/api/batches";
import { problemFrom, ProblemError, refusedHere, TOO_MANY_PIXELS, UNREACHABLE, UNREADABLE } from "@/api/problem";
import type { Batch, JobLimits, Limits } from "@/api/types";
import { firstGroup, formOfGroup, inWords, JOBS_OFF, unsentOf, workOf, type Unsent } from "@/photos/batch";
import { obstacleOf } from "@/photos/check";
import { pause } from "@/photos/pause";
import type { Photo } from "@/photos/photo";
import { FILE_GONE, isGone } from "@/photos/picture";
import type { Action } from "@/photos/reducer";

/** How often a set is sent to a busy server, and how long the page waits for it at most each time. */
const TRIES = 5;
const MOST_WAIT_S = 60;

type Settings = {
  key: string | null;
  limits: Limits;
  jobs: JobLimits;
  /** The server has taken these photos, the n-th as the n-th job of the set. */
  onSent: (batch: Batch, photos: readonly Unsent[]) => void;
};

/** Sends photos that wait to be sent as a set: one set after the other. */
export function useSender(photos: readonly Photo[], dispatch: Dispatch<Action>, settings: Settings): void {
  const { key, limits, jobs, onSent } = settings;
  // How many sets were begun to be sent, and how many of them ended that way, or could not be sent. The latter is drawn
  // together with what became of the photos: an effect that still sees them as unsent sees that the set has not ended.
  const begun = useRef(0);
  const [ended, setEnded] = useState(0);
  const sending = useRef<{ group: readonly Unsent[]; controller: AbortController; isUploaded: boolean } | null>(null);

  const isWanted = useEffectEvent(({ photo: { id }, request }: Unsent) => {
    return photos.some(({ id: other, work }) => id === other && work.phase === "batched" && work.request === request);
  });
  const taken = useEffectEvent((batch: Batch, group: readonly Unsent[]) => {
    onSent(batch, group);
    group.forEach(({ photo: { id }, request }, index) => {
      const job = batch.jobs[index];
      if (job !== undefined) dispatch({ type: "followed", id, work: workOf(job, request) });
      else dispatch({ type: "failed", id, problem: UNREADABLE, now: Date.now() });
    });
  });
  const start = useEffectEvent(async (unsent: readonly Unsent[]) => {
    const controller = new AbortController();
    const wanted = firstGroup(unsent, jobs);
    const now = { group: wanted, controller, isUploaded: false };
    sending.current = now;
    begun.current += 1;
    const { signal } = controller;
    const onProgress = (fraction: number) => {
      now.isUploaded = fraction === 1;
      const progress = { phase: "uploading" as const, fraction };
      for (const { photo, request } of wanted) {
        dispatch({ type: "followed", id: photo.id, work: { phase: "batched", request, job: null, progress } });
      }
    };
    let group: readonly Unsent[] = [];
    try {
      group = await sendable(wanted, limits, dispatch);
      if (group.length === 0) return;
      const isNeeded = () => group.some(isWanted);
      const batch = await sentInTime(group, now, isNeeded, { key, signal, onProgress });
      if (isNeeded() || !(await isDeleted(batch, key))) taken(batch, group);
    } catch (error) {
      if (signal.aborted) return; // all of them were cancelled
      const refused = problemFrom(error);
      const problem = refused.code === JOBS_OFF ? inWords(refused) : refused;
      // Of a file that was changed meanwhile the browser says only that the upload has ended.
      const areGone = await Promise.all(group.map(({ photo }) => isGone(photo.source)));
      group.forEach((one, index) => {
        if (!isWanted(one)) return; // it was cancelled meanwhile
        const reason = areGone[index] ? FILE_GONE : problem;
        dispatch({ type: "failed", id: one.photo.id, problem: reason, now: Date.now() });
      });
    } finally {
      setEnded((count) => count + 1);
    }
  });

  useEffect(() => {
    if (begun.current === ended) {
      const unsent = unsentOf(photos);
      if (unsent.length > 0) void start(unsent);
    } else if (sending.current && !sending.current.group.some(isWanted)) {
      // What is uploaded the server may have taken: its answer tells what is to be removed there.
      if (!sending.current.isUploaded) sending.current.controller.abort();
    }
  }, [photos, ended]);

  useEffect(() => () => sending.current?.controller.abort(), []);
}

/** The photos that can be sent; the others fail with the reason. */
async function sendable(group: readonly Unsent[], limits: Limits, dispatch: Dispatch<Action>): Promise<Unsent[]> {
  const checked = await Promise.all(
    group.map(async (one) => {
      const { size, source } = one.photo;
      const obstacle = size && obstacleOf(size, one.request.options, limits);
      const problem = obstacle ? refusedHere(TOO_MANY_PIXELS, obstacle) : (await isGone(source)) ? FILE_GONE : null;
      return { one, problem };
    }),
  );
  for (const { one, problem } of checked) {
    if (problem) dispatch({ type: "failed", id: one.photo.id, problem, now: Date.now() });
  }
  return checked.filter(({ problem }) => problem === null).map(({ one }) => one);
}

/**
 * Sends the photos, again after some time where the server is busy, and once more where its answer was lost: under the
 * same key it is still one set. The latter also if it `isNeeded` no more, to learn what is to be removed.
 */
async function sentInTime(
  group: readonly Unsent[],
  sending: { isUploaded: boolean },
  isNeeded: () => boolean,
  caller: Omit<Parameters<typeof sendBatch>[1], "sendingKey">,
): Promise<Batch> {
  const sendingKey = newKey();
  let isLost = false;
  for (let tries = 1; ; tries += 1) {
    try {
      return await sendBatch(formOfGroup(group), { ...caller, sendingKey });
    } catch (error) {
      const mayBeTaken: boolean = sending.isUploaded && isUnanswered(error) && !isLost;
      isLost = isLost || mayBeTaken;
      sending.isUploaded = false;
      const isWorth = isNeeded() && tries < TRIES && error instanceof ProblemError;
      const wait = mayBeTaken ? 1 : isWorth ? waitOf(error) : null;
      if (wait === null) throw error;
      await pause(wait * 1000, caller.signal);
    }
  }
}

/** A text that no other set has. Without TLS browsers have no `randomUUID`. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (number) => number.toString(36)).join("-");
}

function isUnanswered(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.code === UNREACHABLE.code;
}

/** Removes a set that nobody wants any more. False if that is not possible: then the page shows it. */
async function isDeleted({ id }: Batch, key: string | null): Promise<boolean> {
  return deleteBatch(id, { key }).then(
    () => true,
    () => false,
  );
}

/** Seconds until a set that was refused may be taken; null if the page should not wait for that. */
function waitOf({ problem: { status, retryAfter } }: ProblemError): number | null {
  const isPassing = status === 429 || status === 503;
  return isPassing && retryAfter !== null && retryAfter <= MOST_WAIT_S ? Math.max(1, retryAfter) : null;
}
