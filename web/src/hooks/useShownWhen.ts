"use client";

import { useEffect, useRef, type RefObject } from "react";

/** A ref for an element that is scrolled to once `isSelected`: it may have been selected elsewhere, on the picture. */
export function useShownWhen<T extends HTMLElement>(isSelected: boolean): RefObject<T | null> {
  const element = useRef<T>(null);
  useEffect(() => {
    if (isSelected) element.current?.scrollIntoView({ block: "nearest" });
  }, [isSelected]);
  return element;
}
