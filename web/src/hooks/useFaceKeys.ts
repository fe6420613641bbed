"use client";

import { useEffect, useRef, type KeyboardEvent, type RefObject } from "react";

/** The attribute of a face's button in a list of faces; its value is the face's index. */
export const FACE = "data-face";

const STEPS: Readonly<Record<string, (face: number, last: number) => number>> = {
  ArrowLeft: (face) => face - 1,
  ArrowUp: (face) => face - 1,
  ArrowRight: (face) => face + 1,
  ArrowDown: (face) => face + 1,
  Home: () => 0,
  End: (_face, last) => last,
};

type Keys<T> = { list: RefObject<T | null>; onKeyDown: (event: KeyboardEvent) => void };

/**
 * For an element with a button for each face: arrow keys select the next face and move the focus to its button, Escape
 * selects none. `onFace` selects a face, or none if it is the selected one.
 */
export function useFaceKeys<T extends HTMLElement>(
  count: number,
  selected: number | null,
  onFace: (face: number) => void,
): Keys<T> {
  const list = useRef<T>(null);
  const wanted = useRef<number | null>(null);
  // The button may not be there before the face is selected: a mark outside the zoomed picture is not drawn.
  useEffect(() => {
    if (wanted.current === null) return;
    list.current?.querySelector<HTMLElement>(`[${FACE}="${wanted.current}"]`)?.focus();
    wanted.current = null;
  }, [selected]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && selected !== null) {
      event.stopPropagation();
      wanted.current = selected;
      onFace(selected);
      return;
    }
    const focused = event.target instanceof Element ? event.target.getAttribute(FACE) : null;
    const step = STEPS[event.key];
    if (focused === null || step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const face = step(Number(focused), count - 1);
    if (face < 0 || face >= count) return;
    wanted.current = face;
    if (face !== selected) onFace(face);
  };
  return { list, onKeyDown };
}
