"use client";

import { useCallback, useState } from "react";
import { fitted, moved, placed, scaleBounds, zoomed, type Point, type Size, type View } from "@/view/viewport";

export type Viewport = {
  view: View;
  isFitted: boolean;
  /** Percent of 1:1, one picture pixel for one of the screen. */
  percent: number;
  fit: () => void;
  actual: (around?: Point) => void;
  zoomBy: (factor: number, around?: Point) => void;
  zoomTo: (scale: number, around: Point) => void;
  moveBy: (by: Point) => void;
};

const FITTED = 1.001; // a scale this near to the fitting one is it

/** Zoom and place of a picture in a part of the screen. It stays fitted while that changes, until a person zooms. */
export function useViewport(picture: Size, screen: Size): Viewport {
  const [chosen, setChosen] = useState<View | null>(null); // null: fitted
  const fit = fitted(picture, screen);
  const view = chosen === null ? fit : placed(chosen, picture, screen);
  const pixelRatio = window.devicePixelRatio || 1;
  const middle = { x: screen.width / 2, y: screen.height / 2 };

  const zoomTo = useCallback(
    (scale: number, around: Point) => {
      const [least, most] = scaleBounds(picture, screen, pixelRatio);
      const bounded = Math.min(most, Math.max(least, scale));
      setChosen((before) => zoomed(before ?? fitted(picture, screen), bounded, around, picture, screen));
    },
    [picture, screen, pixelRatio],
  );

  return {
    view,
    isFitted: view.scale / fit.scale < FITTED,
    percent: Math.round(view.scale * pixelRatio * 100),
    fit: () => setChosen(null),
    actual: (around = middle) => zoomTo(1 / pixelRatio, around),
    zoomBy: (factor, around = middle) => zoomTo(view.scale * factor, around),
    zoomTo,
    moveBy: (by) => setChosen((before) => (before === null ? null : moved(before, by, picture, screen))),
  };
}
