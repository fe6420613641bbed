"use client";

import { useEffect, useEffectEvent, type Dispatch } from "react";
import { fetchPicture, fetchReport, type Caller } from "@/api/batches";
import { problemFrom } from "@/api/problem";
import { inWords } from "@/photos/batch";
import type { Photo, Result } from "@/photos/photo";
import { pictureOf } from "@/photos/picture";
import type { Action } from "@/photos/reducer";

/** Fetches the result of the shown photo if the server keeps it. */
export function useKept(photo: Photo | null, dispatch: Dispatch<Action>, key: string | null): void {
  const work = photo?.work.phase === "kept" && photo.work.problem === null ? photo.work : null;
  const id = work && photo?.id;
  const job = work?.job;

  const fetched = useEffectEvent((found: Omit<Result, "request" | "seconds" | "at">) => {
    if (photo === null || work === null) return URL.revokeObjectURL(found.url);
    const { request, seconds } = work;
    dispatch({ type: "finished", id: photo.id, result: { ...found, request, seconds, at: Date.now() } });
  });

  useEffect(() => {
    if (job === undefined || !id) return undefined;
    const controller = new AbortController();
    const { signal } = controller;
    fetchResult(job, { key, signal }).then(
      (found) => (signal.aborted ? URL.revokeObjectURL(found.url) : fetched(found)),
      (error: unknown) => {
        if (!signal.aborted) dispatch({ type: "not fetched", id, problem: inWords(problemFrom(error)) });
      },
    );
    return () => controller.abort();
  }, [id, job, key, dispatch]);
}

async function fetchResult(job: string, caller: Caller): Promise<Omit<Result, "request" | "seconds" | "at">> {
  const [facts, blob] = await Promise.all([fetchReport(job, caller), fetchPicture(job, "result", caller)]);
  return { facts, job, ...(await pictureOf(blob)) };
}
