"use client";

import { useState } from "react";
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
  const [kept, setKept] = useState<(View & { width: number }) | null>(null); // null: fitted
  const { width } = picture;
  const fit = fitted(picture, screen);
  // Of a picture of another size the same part is shown.
  const viewOf = (chosen: typeof kept) =>
    chosen === null ? fit : placed({ ...chosen, scale: (chosen.scale * chosen.width) / width }, picture, screen);
  const view = viewOf(kept);
  const pixelRatio = window.devicePixelRatio || 1;
  const middle = { x: screen.width / 2, y: screen.height / 2 };

  const zoomTo = (scale: number, around: Point) => {
    const [least, most] = scaleBounds(picture, screen, pixelRatio);
    const bounded = Math.min(most, Math.max(least, scale));
    setKept((before) => ({ ...zoomed(viewOf(before), bounded, around, picture, screen), width }));
  };

  return {
    view,
    isFitted: view.scale / fit.scale < FITTED,
    percent: Math.round(view.scale * pixelRatio * 100),
    fit: () => setKept(null),
    actual: (around = middle) => zoomTo(1 / pixelRatio, around),
    zoomBy: (factor, around = middle) => zoomTo(view.scale * factor, around),
    zoomTo,
    moveBy: (by) => setKept((before) => before && { ...moved(viewOf(before), by, picture, screen), width }),
  };
}
