"use client";

import { useEffect, useEffectEvent, useState, type Dispatch } from "react";
import { look } from "@/api/look";
import { problemFrom, type Problem } from "@/api/problem";
import type { Config, DryRun } from "@/api/types";
import { obstacleOf } from "@/photos/check";
import { canLook, lookFormOf, lookKey, wantsLook } from "@/photos/look";
import { isLoaded, type Options } from "@/photos/options";
import { facesKey, formOf, isBusy, isOutdated, requestFor, type Photo, type Request } from "@/photos/photo";
import { makesPreviews, needsPreview, standInOf, type StandIn } from "@/photos/preview";
import type { Action, State } from "@/photos/reducer";

/** So long nothing may change before the server is asked, because each look sends the photo. */
export const PATIENCE_MS = 600;
/** Until a busy server is asked again, unless it names a longer time; twice as long after each time. */
const PAUSE_S = 5;
const MAX_PAUSE_S = 3600;

/** Statuses that the same photo would also have when it is restored. */
const REFUSALS = [413, 415, 422];

/** A look to begin; `asked` is its `lookKey`. */
type Wanted = { photo: Photo; request: Request; asked: string; withPreview: boolean };

/** A look that waits, or waited, because the server was busy; `times`: how often in a row. */
type Pause = { asked: string; times: number; seconds: number; isOver: boolean };

/**
 * Looks at the shown photo before it is restored, and again when what is asked changes: one look at a time, none while
 * a photo is being restored, because all share the server's queue, and none with an API key that was refused. Then it
 * looks at the others that the browser cannot show, for their pictures, unless the server has said that it was asked too
 * often. Returns whether a look at what would come of the shown photo is under way or about to begin.
 */
export function useLook(
  { photos, selected, options }: State,
  dispatch: Dispatch<Action>,
  { key, config }: { key: string | null; config: Config | null },
): boolean {
  const [pause, setPause] = useState<Pause | null>(null);
  const [refused, setRefused] = useState<{ key: string | null } | null>(null);
  const [isSparing, setSparing] = useState(false);
  const isAble = config !== null && isLoaded(config) && canLook(config) && refused?.key !== key;
  const isFree = photos.every((one) => !isBusy(one));

  let wanted: Wanted | null = null;
  if (isAble && isFree && options !== null) {
    const shown = photos.filter(({ id }) => id === selected);
    const others = makesPreviews(config) && !isSparing ? photos.filter(needsPreview) : [];
    wanted = firstWanted([...shown, ...others], options, config);
  }
  const wantedId = wanted?.photo.id;
  const asked = wanted && `${wanted.photo.id} ${wanted.asked}`;
  const isPaused = pause !== null && pause.asked === asked && !pause.isOver;

  const ask = useEffectEvent((signal: AbortSignal) => {
    if (wanted === null || asked === null) return;
    const { photo, request, withPreview } = wanted;
    const { overrides, boxes } = request;
    const about = { asked: wanted.asked, faces: facesKey(request.options, boxes), overrides };
    seen(look(lookFormOf(formOf(photo.source, request), { withPreview }), { key, signal })).then(
      ({ facts, standIn }) => {
        if (signal.aborted) letGo(standIn);
        else dispatch({ type: "looked", id: photo.id, look: { ...about, facts, problem: null }, standIn });
      },
      (error: unknown) => {
        if (signal.aborted) return;
        const problem = problemFrom(error);
        const { status, retryAfter } = problem;
        if (status === 429) setSparing(true);
        if (status === 401) setRefused({ key });
        else if (isBusyServer(problem)) setPause((before) => longer(before, asked, retryAfter ?? 0));
        else {
          const shown = status !== null && REFUSALS.includes(status) ? problem : null;
          dispatch({ type: "looked", id: photo.id, look: { ...about, facts: null, problem: shown } });
        }
      },
    );
  });

  useEffect(() => {
    if (asked === null || isPaused) return undefined;
    const controller = new AbortController();
    const timer = setTimeout(() => ask(controller.signal), PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [asked, wantedId, key, isPaused]);

  useEffect(() => {
    if (!isPaused || pause === null) return undefined;
    const timer = setTimeout(() => setPause({ ...pause, isOver: true }), pause.seconds * 1000);
    return () => clearTimeout(timer);
  }, [isPaused, pause]);

  const isForeseeing =
    wanted !== null && wantedId === selected && options !== null && isOutdated(wanted.photo, options);
  return isForeseeing && !isPaused;
}

/** The first of the photos that a look would tell something new about. */
function firstWanted(photos: readonly Photo[], options: Options, config: Config): Wanted | null {
  const previews = makesPreviews(config);
  const photo = photos.find(
    (one) =>
      wantsLook(one, options, previews) && (one.size === null || obstacleOf(one.size, options, config.limits) === null),
  );
  if (photo === undefined) return null;
  const request = requestFor(photo, options);
  return { photo, request, asked: lookKey(request), withPreview: previews && needsPreview(photo) };
}

/** What the server has found, and its picture of the photo if it was asked for one. The base64 text is not kept. */
async function seen(answer: Promise<DryRun>): Promise<{ facts: DryRun; standIn: StandIn | null }> {
  const { preview, ...facts } = await answer;
  return { facts: { ...facts, preview: null }, standIn: preview ? await standInOf(preview) : null };
}

function letGo(standIn: StandIn | null): void {
  if (standIn !== null) URL.revokeObjectURL(standIn.url);
}

function longer(before: Pause | null, asked: string, seconds: number): Pause {
  const times = before?.asked === asked ? before.times + 1 : 0;
  return { asked, times, seconds: Math.min(Math.max(PAUSE_S * 2 ** times, seconds), MAX_PAUSE_S), isOver: false };
}

function isBusyServer({ status }: Problem): boolean {
  return status === 429 || status === 503;
}
