"use client";

import { useGesture } from "@use-gesture/react";
import { useMemo, useRef, type KeyboardEvent } from "react";
import { createPortal } from "react-dom";
import { useSize } from "@/hooks/useSize";
import { useViewport } from "@/hooks/useViewport";
import type { Result } from "@/photos/photo";
import { isSwapped, swapped, type Picture, type Pictures, type Sides } from "@/photos/versions";
import { visible, type Point, type Size } from "@/view/viewport";
import { Alone } from "./Alone";
import { Comparison } from "./Comparison";
import styles from "./CompareView.module.css";
import { FaceMarks } from "./FaceMarks";
import { SidesBar } from "./SidesBar";
import { ZoomBar } from "./ZoomBar";

type Props = {
  /** The name of the photo. */
  name: string;
  result: Result;
  /** Pixels of the result per pixel of the photo that was sent; null: unknown, and so are the places of the faces. */
  enlargement: number | null;
  pictures: Pictures;
  shown: readonly [left: Picture, right: Picture];
  onSides: (sides: Sides) => void;
  selectedFace: number | null;
  onFace: (face: number) => void;
  /** The element outside the picture that takes the zoom buttons and the choice of the sides. */
  toolbar: HTMLElement | null;
};

/** Two pictures over each other, with a movable line between them; one alone if the page does not have the other. */
export function CompareView(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const screen = useSize(box);
  return (
    <div ref={box} className={styles.box}>
      {screen && <Zoomable {...props} screen={screen} />}
    </div>
  );
}

const STEP = 1.5; // zoom factor per button click or key press
const WHEEL = 0.0018; // natural logarithm of the zoom factor per pixel of wheel movement
/** The breakpoint of Workbench.module.css, under which the wheel must scroll the page. */
const PAGE_SCROLLS = "(width < 900px)";
const PAN = 80; // CSS pixels per key press

function Zoomable({
  name,
  result,
  enlargement,
  pictures,
  shown,
  onSides,
  selectedFace,
  onFace,
  toolbar,
  screen,
}: Props & { screen: Size }) {
  const { width, height } = result.facts;
  const picture = useMemo(() => ({ width, height }), [width, height]);
  const viewport = useViewport(picture, screen);
  const { view, isFitted } = viewport;
  // On a touch screen only the handle moves the line, because a finger on the picture may be scrolling the page.
  const isTouched = useMemo(() => window.matchMedia("(pointer: coarse)").matches, []);
  const viewer = useRef<HTMLDivElement>(null);
  const covered = visible(view, picture, screen);
  const [left, right] = shown;
  const absent = shown.find(({ absence }) => absence !== undefined);
  const sides: Sides = [left.version, right.version];
  const onSwap = () => onSides(swapped(sides));

  const inside = ([clientX, clientY]: [number, number]): Point => {
    const bounds = viewer.current?.getBoundingClientRect();
    return { x: clientX - (bounds?.left ?? 0), y: clientY - (bounds?.top ?? 0) };
  };
  useGesture(
    {
      onDrag: ({ delta: [x, y], pinching, target }) => {
        const isHandle = target instanceof Element && target.closest("[role='slider'], button") !== null;
        if (!isFitted && !pinching && !isHandle) viewport.moveBy({ x, y });
      },
      onPinch: ({ origin, offset: [scale] }) => viewport.zoomTo(scale, inside(origin)),
      onWheel: ({ event, delta: [, y], ctrlKey }) => {
        if (ctrlKey) return; // a pinch on a touchpad; `onPinch` handles it
        if (isFitted && window.matchMedia(PAGE_SCROLLS).matches) return;
        event.preventDefault();
        viewport.zoomBy(Math.exp(-y * WHEEL), inside([event.clientX, event.clientY]));
      },
    },
    {
      target: viewer,
      eventOptions: { passive: false },
      drag: { filterTaps: true, pointer: { keys: false } },
      pinch: { from: () => [view.scale, 0], pointer: { touch: true } },
    },
  );

  const keys: Record<string, () => void> = {
    "+": () => viewport.zoomBy(STEP),
    "=": () => viewport.zoomBy(STEP),
    "-": () => viewport.zoomBy(1 / STEP),
    "0": viewport.fit,
    "1": () => viewport.actual(),
    s: onSwap,
    ArrowLeft: () => viewport.moveBy({ x: PAN, y: 0 }),
    ArrowRight: () => viewport.moveBy({ x: -PAN, y: 0 }),
    ArrowUp: () => viewport.moveBy({ x: 0, y: PAN }),
    ArrowDown: () => viewport.moveBy({ x: 0, y: -PAN }),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const action = event.target === viewer.current && !event.ctrlKey && !event.metaKey && keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  return (
    <>
      <div
        ref={viewer}
        className={`${styles.viewer} ${isFitted ? "" : styles.zoomed}`}
        role="group"
        tabIndex={0}
        aria-label="Comparison. Plus and minus zoom, 1 shows every pixel, 0 the whole picture, arrows move it, S swaps the sides."
        onKeyDown={onKeyDown}
        onDoubleClick={(event) => {
          // `isFitted` is also true for a small picture at 1:1, which the next double click must fit again.
          if (isFitted && viewport.percent !== 100) viewport.actual(inside([event.clientX, event.clientY]));
          else viewport.fit();
        }}
      >
        {absent?.absence === undefined ? (
          <Comparison
            left={left}
            right={right}
            name={name}
            size={picture}
            view={view}
            shown={covered}
            onlyHandle={!isFitted || isTouched}
          />
        ) : (
          <Alone
            picture={absent === left ? right : left}
            absence={absent.absence}
            name={name}
            size={picture}
            view={view}
            shown={covered}
          />
        )}
        {enlargement !== null && (
          <FaceMarks
            faces={result.facts.faces}
            scale={view.scale * enlargement}
            view={view}
            shown={covered}
            selected={selectedFace}
            onSelect={onFace}
          />
        )}
      </div>
      {toolbar &&
        createPortal(
          <>
            <ZoomBar viewport={viewport} step={STEP} isSwapped={isSwapped(sides)} onSwap={absent ? null : onSwap} />
            <SidesBar pictures={pictures} shown={shown} onSides={onSides} />
          </>,
          toolbar,
        )}
    </>
  );
}
