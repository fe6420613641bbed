"use client";

import { lazy, Suspense, type ComponentProps } from "react";
import type { Config } from "@/api/types";
import { useStored } from "@/hooks/useStored";
import type { Photo } from "@/photos/photo";
import { jobsOf, savedSets, textOf } from "@/photos/sets";
import { ErrorBoundary } from "@/components/ui/ErrorBoundary";

/** Loaded only where there are sets of photos. */
const Sets = lazy(() => import("@/components/sets/Sets").then(({ Sets }) => ({ default: Sets })));

type Props = { config: Config } & Omit<
  ComponentProps<typeof Sets>,
  "limits" | "jobs" | "saved" | "isStored" | "onSaved"
>;

/** The sets of photos of this browser, where the server takes any. */
export function SetsPart({ config, ...others }: Props) {
  const [text, setText, isStored] = useStored("localStorage", "likeness.sets");
  const jobs = jobsOf(config);
  if (jobs === null || (text === null && !others.state.photos.some(isOfSet))) return null;
  return (
    <ErrorBoundary resetKey={text}>
      <Suspense>
        <Sets
          {...others}
          limits={config.limits}
          jobs={jobs}
          saved={savedSets(text, config)}
          isStored={isStored}
          onSaved={(sets) => setText(textOf(sets))}
        />
      </Suspense>
    </ErrorBoundary>
  );
}

function isOfSet({ work }: Photo): boolean {
  return work.phase === "batched" || work.phase === "kept";
}
