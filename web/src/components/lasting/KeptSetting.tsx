"use client";

import { lazy, Suspense, type ComponentProps } from "react";
import { ErrorBoundary } from "@/components/ui/ErrorBoundary";

/** Loaded once it is opened. */
const KeptDialog = lazy(() => import("./KeptDialog").then(({ KeptDialog }) => ({ default: KeptDialog })));

/** The setting, which stays open when the photos behind it are deleted. */
export function KeptSetting({ isOpen, ...props }: { isOpen: boolean } & ComponentProps<typeof KeptDialog>) {
  if (!isOpen) return null;
  return (
    <ErrorBoundary resetKey={isOpen}>
      <Suspense>
        <KeptDialog {...props} />
      </Suspense>
    </ErrorBoundary>
  );
}
