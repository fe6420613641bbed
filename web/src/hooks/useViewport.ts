"use client";

import { useState } from "react";
import type { Focus } from "@/view/region";
import { fitted, moved, placed, scaleBounds, showing, zoomed, type Point, type Size, type View } from "@/view/viewport";

export type Viewport = {
  view: View;
  isFitted: boolean;
  /** The scale in percent; 100: one picture pixel per screen pixel. */
  percent: number;
  fit: () => void;
  actual: (around?: Point) => void;
  zoomBy: (factor: number, around?: Point) => void;
  zoomTo: (scale: number, around: Point) => void;
  moveBy: (by: Point) => void;
};

const FITTED = 1.001; // up to this ratio to the fitting scale, the picture counts as fitted

/**
 * Zoom and position of a picture in the viewer. Until a person zooms, it stays fitted when the viewer is resized. A new
 * focus is shown at once; without one, the whole picture is again.
 */
export function useViewport(picture: Size, screen: Size, focus: Focus | null = null): Viewport {
  const [kept, setKept] = useState<(View & { width: number }) | null>(null); // null: fitted
  const [focused, setFocused] = useState<string | null>(null);
  const { width } = picture;
  const fit = fitted(picture, screen);
  // After a change of the picture's size, the same part of it is shown.
  const viewOf = (chosen: typeof kept) =>
    chosen === null ? fit : placed({ ...chosen, scale: (chosen.scale * chosen.width) / width }, picture, screen);
  const pixelRatio = window.devicePixelRatio || 1;
  const wanted = focus?.key ?? null;
  if (wanted !== focused) {
    setFocused(wanted);
    const bounds = scaleBounds(picture, screen, pixelRatio);
    setKept(focus && { ...showing(focus.region, bounds, picture, screen), width });
  }
  const view = viewOf(kept);
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
