"use client";

import { useCallback, useEffect, useRef, type Dispatch } from "react";
import { blobOf } from "@/api/picture";
import { problemFrom, ProblemError, refusedHere, TOO_MANY_PIXELS, UNREADABLE } from "@/api/problem";
import { submit } from "@/api/submission";
import type { Limits } from "@/api/types";
import { obstacleOf } from "@/photos/check";
import { currentLook } from "@/photos/look";
import { formOf, isRetrying, requestFor, type Photo, type Result } from "@/photos/photo";
import { FILE_GONE, isGone, pictureOf } from "@/photos/picture";
import type { Action, State } from "@/photos/reducer";
import type { Options } from "@/photos/options";

/**
 * Sends the waiting photos one at a time, because all clients share the server's queue. If the server was too busy for
 * a photo, it is sent again after the delay that the server named, and the photos after it wait.
 *
 * Returns `cancel`, which ends a photo's work in any phase.
 */
export function useRestorer(
  state: State,
  dispatch: Dispatch<Action>,
  { key, limits }: { key: string | null; limits: Limits | null },
): (id: string) => void {
  const active = useRef(new Map<string, AbortController>());
  const { photos, options } = state;

  const cancel = useCallback(
    (id: string) => {
      active.current.get(id)?.abort();
      active.current.delete(id);
      dispatch({ type: "cancelled", id });
    },
    [dispatch],
  );

  const start = useCallback(
    (photo: Photo, chosen: Options) => {
      const obstacle = photo.size && limits && obstacleOf(photo.size, chosen, limits);
      if (obstacle) {
        dispatch({ type: "failed", id: photo.id, problem: refusedHere(TOO_MANY_PIXELS, obstacle), now: Date.now() });
        return;
      }
      const controller = new AbortController();
      active.current.set(photo.id, controller);
      const stages = currentLook(photo, chosen)?.facts?.estimate.stages_s ?? null;
      dispatch({ type: "started", id: photo.id, now: Date.now(), stages });
      const ended = () => active.current.get(photo.id) === controller && active.current.delete(photo.id);
      restore(photo, chosen, key, controller.signal, dispatch).then(
        (result) => {
          if (ended()) dispatch({ type: "finished", id: photo.id, result });
          else URL.revokeObjectURL(result.url);
        },
        (error: unknown) => {
          if (ended()) dispatch({ type: "failed", id: photo.id, problem: problemFrom(error), now: Date.now() });
        },
      );
    },
    [dispatch, key, limits],
  );

  const next = photos.find((photo) => photo.work.phase === "waiting");
  const mayStart = next !== undefined && photos.every((photo) => photo.work.phase !== "active" && !isRetrying(photo));
  useEffect(() => {
    if (mayStart && next !== undefined && options !== null && !active.current.has(next.id)) start(next, options);
  }, [mayStart, next, options, start]);

  const due = photos.find(isRetrying);
  const dueId = due?.id;
  const dueAt = due?.work.phase === "failed" ? due.work.retryAt : null;
  useEffect(() => {
    if (dueId === undefined || dueAt === null) return undefined;
    const timer = setTimeout(() => dispatch({ type: "requested", ids: [dueId] }), dueAt - Date.now());
    return () => clearTimeout(timer);
  }, [dueId, dueAt, dispatch]);

  useEffect(() => {
    const controllers = active.current;
    return () => controllers.forEach((controller) => controller.abort());
  }, []);

  return cancel;
}

async function restore(
  photo: Photo,
  options: Options,
  key: string | null,
  signal: AbortSignal,
  dispatch: Dispatch<Action>,
): Promise<Result> {
  const began = performance.now();
  const request = requestFor(photo, options);
  const { restored_image, ...facts } = await submit(formOf(photo.source, request), {
    key,
    signal,
    onProgress: (progress) => dispatch({ type: "progressed", id: photo.id, progress, now: Date.now() }),
    onPlan: (stages) => dispatch({ type: "planned", id: photo.id, stages, now: Date.now() }),
  }).catch(async (error: unknown) => {
    throw (await isGone(photo.source)) ? new ProblemError(FILE_GONE) : error;
  });
  const picture = await pictureOf(blobFrom(restored_image, facts.media_type));
  return { facts, ...picture, request, seconds: (performance.now() - began) / 1000, at: Date.now() };
}

function blobFrom(base64: string, mediaType: string): Blob {
  try {
    return blobOf(base64, mediaType);
  } catch {
    throw new ProblemError(UNREADABLE); // not base64
  }
}
