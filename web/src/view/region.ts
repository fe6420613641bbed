/** The part of a picture that shows a face. */
import type { Size } from "./viewport";

export type Region = { x: number; y: number; side: number };

/** A region that is to be shown. Another key asks for another one, whatever a person has zoomed to meanwhile. */
export type Focus = { key: string; region: Region; onLeave: () => void };

/** Side of the region divided by the longer side of the face. */
const MARGIN = 1.9;

/** A square around a box (x0, y0, x1, y1), moved and shrunk to lie inside the picture. All in pixels of the picture. */
export function regionAround(box: number[], picture: Size): Region {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = box;
  const side = Math.min(Math.max(x1 - x0, y1 - y0, 1) * MARGIN, picture.width, picture.height);
  const inside = (middle: number, room: number) => Math.min(Math.max(middle - side / 2, 0), room - side);
  return { x: inside((x0 + x1) / 2, picture.width), y: inside((y0 + y1) / 2, picture.height), side };
}
