"use client";

import { useGesture } from "@use-gesture/react";
import { useMemo, useRef, type KeyboardEvent, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { useSize } from "@/hooks/useSize";
import { useViewport } from "@/hooks/useViewport";
import { inPane, onePane, twoPanes, type Panes } from "@/view/panes";
import { letterOf } from "@/view/keys";
import type { Focus } from "@/view/region";
import { visible, type Point, type Size, type View } from "@/view/viewport";
import { ZoomBar } from "./ZoomBar";
import styles from "./ZoomPane.module.css";

/** What is shown of a picture, in CSS pixels of the pane. */
export type Pane = {
  view: View;
  /** The part of the pane that the picture covers. */
  covered: Point & Size;
  isFitted: boolean;
  panes: Panes;
};

type Props = {
  /** Of the picture, in pixels. */
  size: Size;
  label: string;
  /** The two sides of a comparison; null: there is one picture. */
  swap: { isSwapped: boolean; onSwap: () => void } | null;
  /** Whether the pane is divided in two, which show the same part of two pictures. */
  isSplit?: boolean;
  /** Shows the original as long as a key is held down; null: there is none to show. */
  onHold?: ((isHeld: boolean) => void) | null;
  /** What is to be shown large; null: the whole picture, until a person zooms. */
  focus?: Focus | null;
  /** The element outside the pane that takes the zoom buttons and `tools`. */
  toolbar: HTMLElement | null;
  tools: ReactNode;
  children: (pane: Pane) => ReactNode;
};

/** A picture that can be zoomed and moved, by mouse, fingers and keys. */
export function ZoomPane(props: Props) {
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
/** Elements in the pane on which a drag does not move the picture. */
const HANDLES = "[role='slider'], [role='application'], button, select";

/** Space or B, without others, but not on what takes these keys itself. */
function isHoldKey(event: KeyboardEvent): boolean {
  const { ctrlKey, metaKey, altKey, target } = event;
  const isElsewhere = target instanceof Element && target.closest("button, select, [role='application']") !== null;
  return [" ", "b"].includes(letterOf(event)) && !(ctrlKey || metaKey || altKey) && !isElsewhere;
}

function Zoomable(props: Props & { screen: Size }) {
  const { size, label, swap, isSplit = false, onHold = null, focus = null, toolbar, tools, children, screen } = props;
  const { width, height } = size;
  const picture = useMemo(() => ({ width, height }), [width, height]);
  const panes = isSplit ? twoPanes(picture, screen) : onePane(screen);
  const viewport = useViewport(picture, panes.room, focus);
  const { view, isFitted } = viewport;
  const viewer = useRef<HTMLDivElement>(null);

  const inside = ([clientX, clientY]: [number, number]): Point => {
    const bounds = viewer.current?.getBoundingClientRect();
    return inPane({ x: clientX - (bounds?.left ?? 0), y: clientY - (bounds?.top ?? 0) }, panes);
  };
  useGesture(
    {
      onDrag: ({ delta: [x, y], pinching, target }) => {
        const isHandle = target instanceof Element && target.closest(HANDLES) !== null;
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
    ...(swap && { s: swap.onSwap }),
    ArrowLeft: () => viewport.moveBy({ x: PAN, y: 0 }),
    ArrowRight: () => viewport.moveBy({ x: -PAN, y: 0 }),
    ArrowUp: () => viewport.moveBy({ x: 0, y: PAN }),
    ArrowDown: () => viewport.moveBy({ x: 0, y: -PAN }),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (onHold && isHoldKey(event)) {
      event.preventDefault();
      return onHold(true);
    }
    if (event.key === "Escape") {
      focus?.onLeave();
      return viewport.fit();
    }
    const action = event.target === viewer.current && !event.ctrlKey && !event.metaKey && keys[letterOf(event)];
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
        aria-label={label}
        onKeyDown={onKeyDown}
        onKeyUp={() => onHold?.(false)} // also of a key that was held with a second one
        onBlur={() => onHold?.(false)}
        onDoubleClick={(event) => {
          // `isFitted` is also true for a small picture at 1:1, which the next double click must fit again.
          if (isFitted && viewport.percent !== 100) viewport.actual(inside([event.clientX, event.clientY]));
          else viewport.fit();
        }}
      >
        {children({ view, covered: visible(view, picture, panes.room), isFitted, panes })}
      </div>
      {toolbar &&
        createPortal(
          <>
            <ZoomBar viewport={viewport} step={STEP} swap={swap} />
            {tools}
          </>,
          toolbar,
        )}
    </>
  );
}
