"use client";

import { useEffect, useEffectEvent, useRef, type Dispatch } from "react";
import { cancelJob } from "@/api/batches";
import { API_URL } from "@/api/client";
import type { Batch, JobLimits, Limits } from "@/api/types";
import { EXPIRED, inWords, isOver, workOf, type Unsent } from "@/photos/batch";
import type { Request } from "@/photos/photo";
import type { Action, State } from "@/photos/reducer";
import { expiryOf, presentSets, withoutSet, withSet, type SavedSet } from "@/photos/sets";
import { useFollowed, type Known } from "./useFollowed";
import { useNow } from "./useNow";
import { useSender } from "./useSender";

type Settings = {
  key: string | null;
  limits: Limits;
  jobs: JobLimits;
  /** The sets of this browser, and what changes them. */
  saved: readonly SavedSet[];
  onSaved: (sets: SavedSet[]) => void;
};

/** A photo of this page that the server works on as one of a set. */
type Owner = { photo: string; request: Request; batch: string };

export type KnownSet = Known & { saved: SavedSet };

/**
 * Sends the photos that wait for that as sets, follows all sets of this browser, and tells the page what becomes of its
 * photos. Jobs of photos that were cancelled or removed are cancelled.
 */
export function useSets(
  { photos }: State,
  dispatch: Dispatch<Action>,
  { key, limits, jobs, saved, onSaved }: Settings,
): { sets: KnownSet[]; ask: () => void; forget: (id: string) => void } {
  const owners = useRef(new Map<string, Owner>()); // by job, as long as it is not over
  const now = useNow(60_000);
  const present = presentSets(saved, API_URL, now);

  const onKnown = (id: string, { batch, problem }: Known) => {
    for (const job of batch?.jobs ?? []) {
      const owner = owners.current.get(job.id);
      if (owner === undefined) continue;
      if (isOver(job)) owners.current.delete(job.id);
      dispatch({ type: "followed", id: owner.photo, work: workOf(job, owner.request) });
    }
    if (problem?.status !== 404) return;
    for (const { photo } of letGo(owners.current, id)) {
      dispatch({ type: "failed", id: photo, problem: inWords(problem), now: Date.now() });
    }
  };
  const ids = present.map(({ id }) => id);
  const { known, ask, learn } = useFollowed(ids, key, onKnown);

  const onSent = (batch: Batch, group: readonly Unsent[]) => {
    group.forEach(({ photo, request }, index) => {
      const job = batch.jobs[index];
      if (job !== undefined) owners.current.set(job.id, { photo: photo.id, request, batch: batch.id });
    });
    const [first] = group;
    if (first === undefined) return;
    learn(batch); // or the page would have to ask before it can say how far the set is
    const set = { id: batch.id, server: API_URL, expires: expiryOf(batch, Date.now()), request: first.request };
    onSaved(withSet(saved, set, Date.now()));
  };
  const forget = (id: string) => {
    for (const { photo } of letGo(owners.current, id)) dispatch({ type: "cancelled", id: photo });
    onSaved(withoutSet(saved, id));
  };

  useSender(photos, dispatch, { key, limits, jobs, onSent });

  const cancelUnwanted = useEffectEvent(() => {
    for (const [job, { photo: id }] of owners.current) {
      if (photos.some((photo) => photo.id === id && photo.work.phase === "batched")) continue;
      owners.current.delete(job);
      // What could not be cancelled goes on, and is shown among its set.
      cancelJob(job, { key }).then(ask, ask);
    }
  });
  useEffect(() => cancelUnwanted(), [photos]);

  const endExpired = useEffectEvent(() => {
    // Nobody asks about them any more.
    for (const { id } of saved.filter(({ expires }) => expires <= now)) {
      for (const { photo } of letGo(owners.current, id)) {
        dispatch({ type: "failed", id: photo, problem: EXPIRED, now });
      }
    }
  });
  useEffect(() => endExpired(), [now]);

  return { sets: present.map((set) => ({ saved: set, ...known(set.id) })), ask, forget };
}

/** Takes the photos of a set out of the map, and returns them. */
function letGo(owners: Map<string, Owner>, batch: string): Owner[] {
  const gone = [...owners].filter(([, owner]) => owner.batch === batch);
  for (const [job] of gone) owners.delete(job);
  return gone.map(([, owner]) => owner);
}
