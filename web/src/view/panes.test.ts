// @vitest-environment node
import { expect, it } from "vitest";
import { inPane, onePane, twoPanes } from "./panes";

const WIDE = { width: 806, height: 600 };

it("two panes lie beside each other where that shows the picture larger, else below", () => {
  expect(twoPanes({ width: 300, height: 400 }, WIDE)).toEqual({
    room: { width: 400, height: 600 },
    second: { x: 406, y: 0 },
  });
  expect(twoPanes({ width: 900, height: 200 }, WIDE)).toEqual({
    room: { width: 806, height: 297 },
    second: { x: 0, y: 303 },
  });
});

it("a point is one of its pane", () => {
  const beside = twoPanes({ width: 300, height: 400 }, WIDE);
  expect(inPane({ x: 100, y: 50 }, beside)).toEqual({ x: 100, y: 50 });
  expect(inPane({ x: 506, y: 50 }, beside)).toEqual({ x: 100, y: 50 });
  const below = twoPanes({ width: 900, height: 200 }, WIDE);
  expect(inPane({ x: 506, y: 313 }, below)).toEqual({ x: 506, y: 10 });
  expect(inPane({ x: 506, y: 313 }, onePane(WIDE))).toEqual({ x: 506, y: 313 });
});

it("panes have room on a screen of any size", () => {
  expect(twoPanes({ width: 10, height: 10 }, { width: 4, height: 4 }).room.width).toBeGreaterThan(0);
});
