/** Parts that only a page with a photo has: the browser fetches them with the first one. */
import { lazy } from "react";

export const Viewer = lazy(() => import("@/components/viewer/Viewer").then(({ Viewer }) => ({ default: Viewer })));

export const OptionsPanel = lazy(() =>
  import("@/components/panel/OptionsPanel").then(({ OptionsPanel }) => ({ default: OptionsPanel })),
);

export const FoundFaces = lazy(() =>
  import("@/components/panel/FoundFaces").then(({ FoundFaces }) => ({ default: FoundFaces })),
);

export const ResultPanel = lazy(() =>
  import("@/components/panel/ResultPanel").then(({ ResultPanel }) => ({ default: ResultPanel })),
);

export const NextStep = lazy(() => import("./NextStep").then(({ NextStep }) => ({ default: NextStep })));
