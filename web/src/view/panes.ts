/** Two panes that show the same part of two pictures. */
import { fitted, type Point, type Size } from "./viewport";

export type Panes = {
  /** Of each pane. */
  room: Size;
  /** From the first pane's corner to the second's; null: there is one pane. */
  second: Point | null;
};

/** CSS pixels between the panes. */
const GAP = 6;

export function onePane(screen: Size): Panes {
  return { room: screen, second: null };
}

/** Two panes beside or below each other, whichever shows the picture larger. */
export function twoPanes(picture: Size, screen: Size): Panes {
  const beside = { width: half(screen.width), height: screen.height };
  const below = { width: screen.width, height: half(screen.height) };
  return fitted(picture, beside).scale >= fitted(picture, below).scale
    ? { room: beside, second: { x: beside.width + GAP, y: 0 } }
    : { room: below, second: { x: 0, y: below.height + GAP } };
}

/** A point of the screen as a point of the pane that it is in. */
export function inPane({ x, y }: Point, { second }: Panes): Point {
  if (second === null) return { x, y };
  const isInSecond = second.x > 0 ? x >= second.x : y >= second.y;
  return isInSecond ? { x: x - second.x, y: y - second.y } : { x, y };
}

function half(length: number): number {
  return Math.max(1, (length - GAP) / 2);
}
