"use client";

import { lazy, Suspense, useState, type Dispatch } from "react";
import type { Job, JobLimits, Limits } from "@/api/types";
import { useKept } from "@/hooks/useKept";
import { useSets } from "@/hooks/useSets";
import { sendingOf, workOf } from "@/photos/batch";
import { newPhoto, type Photo, type Request } from "@/photos/photo";
import type { Action, State } from "@/photos/reducer";
import type { SavedSet } from "@/photos/sets";
import { ErrorBoundary } from "@/components/ui/ErrorBoundary";
import { SetsBar } from "./SetsBar";

/** Loaded once it is opened. */
const SetsDialog = lazy(() => import("./SetsDialog").then((loaded) => ({ default: loaded.SetsDialog })));

type Props = {
  state: State;
  dispatch: Dispatch<Action>;
  apiKey: string | null;
  onKey: (key: string) => void;
  limits: Limits;
  jobs: JobLimits;
  /** The sets of this browser. */
  saved: readonly SavedSet[];
  /** Whether they are there the next time too. */
  isStored: boolean;
  onSaved: (sets: SavedSet[]) => void;
  onSelect: (id: string) => void;
  onAdded: (photos: Photo[]) => void;
};

/** All about sets of photos, which the server does by itself. The page loads it only where there are any. */
export function Sets(props: Props) {
  const { state, dispatch, apiKey, onKey, limits, jobs, saved, isStored, onSaved, onSelect, onAdded } = props;
  const [isOpen, setOpen] = useState(false);
  const { sets, ask, forget } = useSets(state, dispatch, { key: apiKey, limits, jobs, saved, onSaved });
  useKept(state.photos.find(({ id }) => id === state.selected) ?? null, dispatch, apiKey);

  const open = (job: Job, request: Request) => {
    setOpen(false);
    const shown = state.photos.find(({ work, result }) => {
      return result?.job === job.id || (work.phase === "kept" && work.job === job.id);
    });
    if (shown !== undefined) return onSelect(shown.id);
    const source = { job: job.id };
    const photo = newPhoto({ id: job.id, name: job.file_name, source, url: "", size: null, refusal: null });
    onAdded([{ ...photo, work: workOf(job, request) }]);
  };
  return (
    <>
      <SetsBar sets={sets} sending={sendingOf(state.photos)} onOpen={() => setOpen(true)} />
      {isOpen && (
        <ErrorBoundary resetKey={isOpen}>
          <Suspense>
            <SetsDialog
              sets={sets}
              isStored={isStored}
              limits={limits}
              apiKey={apiKey}
              onKey={onKey}
              onChanged={ask}
              onOpen={open}
              onRemoved={(id) => {
                forget(id);
                if (sets.length === 1) setOpen(false);
              }}
              onClose={() => setOpen(false)}
            />
          </Suspense>
        </ErrorBoundary>
      )}
    </>
  );
}
