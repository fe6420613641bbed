/** Places of faces: boxes in pixels of the upright photo. */
import type { Face } from "@/api/types";
import type { Overrides, Size } from "./photo";

export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

export type Point = { x: number; y: number };

/** The server's least side of a box, in pixels of the photo, and its most boxes for a photo. */
export const LEAST_SIDE = 10;
export const MOST_BOXES = 64;

/** Intersection over union from which two boxes show the same face, as on the server. */
const SAME_FACE = 0.4;

export function placesOf(faces: readonly Face[]): Box[] {
  return faces.map(({ box }) => {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = Array.isArray(box) ? box : []; // a server may send anything
    return [x0, y0, x1, y1];
  });
}

/** The box between two opposite corners, in whole pixels inside the photo; null if it is too small to be sent. */
export function boxBetween(one: Point, other: Point, photo: Size): Box | null {
  const inside = (value: number, length: number) => Math.round(Math.min(Math.max(value, 0), length - 1));
  const [x0, x1] = [one.x, other.x].sort((a, b) => a - b).map((x) => inside(x, photo.width)) as [number, number];
  const [y0, y1] = [one.y, other.y].sort((a, b) => a - b).map((y) => inside(y, photo.height)) as [number, number];
  return Math.min(x1 - x0, y1 - y0) < LEAST_SIDE ? null : [x0, y0, x1, y1];
}

/** Intersection over union, in [0, 1]. */
export function overlap(one: Box, other: Box): number {
  const width = Math.max(0, Math.min(one[2], other[2]) - Math.max(one[0], other[0]));
  const height = Math.max(0, Math.min(one[3], other[3]) - Math.max(one[1], other[1]));
  const common = width * height;
  const union = area(one) + area(other) - common;
  return union > 0 ? common / union : 0;
}

function area([x0, y0, x1, y1]: Box): number {
  return (x1 - x0) * (y1 - y0);
}

/** The strengths of `before` for the faces of `after`: each goes to the free face that overlaps its own most. */
export function carriedOver(overrides: Overrides, before: readonly Box[], after: readonly Box[]): Overrides {
  const pairs = Object.entries(overrides).flatMap(([index, strength]) => {
    const place = before[Number(index)];
    return place === undefined ? [] : after.map((box, to) => ({ index, strength, to, common: overlap(place, box) }));
  });
  const carried: Record<number, number> = {};
  const placed = new Set<string>();
  for (const { index, strength, to, common } of pairs.sort((a, b) => b.common - a.common)) {
    if (common < SAME_FACE || placed.has(index) || to in carried) continue;
    carried[to] = strength;
    placed.add(index);
  }
  return carried;
}

/** For each drawn box the face that it most likely marks, by index: the one that it overlaps most, if any. */
export function markedFaces(boxes: readonly Box[], places: readonly Box[]): (number | null)[] {
  return boxes.map((box) => {
    const common = places.map((place) => overlap(box, place));
    const most = Math.max(0, ...common);
    return most > 0 ? common.indexOf(most) : null;
  });
}

/** A box in the middle of what is shown of a photo, to begin with by keys. `covered` and `view`: in CSS pixels. */
export function middleBox(photo: Size, { scale, x, y }: Point & { scale: number }, covered: Point & Size): Box {
  const side = Math.max(2 * LEAST_SIDE, Math.min(covered.width, covered.height) / scale / 4);
  const middle = { x: (covered.x + covered.width / 2 - x) / scale, y: (covered.y + covered.height / 2 - y) / scale };
  return placedBox(middle, side, side, photo);
}

const KEYS: Readonly<Record<string, (side: number) => readonly [x: number, y: number, size: number]>> = {
  ArrowLeft: (side) => [-side / 5, 0, 1],
  ArrowRight: (side) => [side / 5, 0, 1],
  ArrowUp: (side) => [0, -side / 5, 1],
  ArrowDown: (side) => [0, side / 5, 1],
  "+": () => [0, 0, 1.2],
  "=": () => [0, 0, 1.2],
  "-": () => [0, 0, 1 / 1.2],
};

/** The box after this key: moved by an arrow, sized by plus and minus; null for any other key. */
export function adjusted([x0, y0, x1, y1]: Box, key: string, photo: Size): Box | null {
  const change = KEYS[key]?.(Math.max(x1 - x0, y1 - y0));
  if (change === undefined) return null;
  const [x, y, size] = change;
  return placedBox({ x: (x0 + x1) / 2 + x, y: (y0 + y1) / 2 + y }, (x1 - x0) * size, (y1 - y0) * size, photo);
}

/** A box around a point, in whole pixels; moved to lie inside the photo. */
function placedBox(middle: Point, width: number, height: number, photo: Size): Box {
  const along = (center: number, wanted: number, length: number): readonly [number, number] => {
    const side = Math.round(Math.min(Math.max(wanted, LEAST_SIDE), length - 1));
    const start = Math.round(Math.min(Math.max(center - side / 2, 0), length - 1 - side));
    return [start, start + side];
  };
  const [x0, x1] = along(middle.x, width, photo.width);
  const [y0, y1] = along(middle.y, height, photo.height);
  return [x0, y0, x1, y1];
}
