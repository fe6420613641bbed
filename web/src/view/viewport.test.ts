// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fitted,
  moved,
  placed,
  scaleBounds,
  showing,
  visible,
  zoomed,
  type Point,
  type Size,
  type View,
} from "./viewport";

const NEAR = 6; // digits
const length = fc.integer({ min: 1, max: 9000 });
const size = fc.record({ width: length, height: length });
const ratio = fc.constantFrom(1, 1.5, 2, 3);

/** A picture, a screen, and a view within the scale bounds. */
const scene = fc
  .record({ picture: size, screen: size, pixelRatio: ratio, zoom: fc.double({ min: 0, max: 1, noNaN: true }) })
  .chain(({ picture, screen, pixelRatio, zoom }) => {
    const [least, most] = scaleBounds(picture, screen, pixelRatio);
    const offset = fc.double({ min: -20_000, max: 20_000, noNaN: true });
    return fc.record({
      picture: fc.constant(picture),
      screen: fc.constant(screen),
      bounds: fc.constant([least, most] as const),
      view: fc
        .record({ x: offset, y: offset })
        .map(({ x, y }) => placed({ scale: least + (most - least) * zoom, x, y }, picture, screen)),
    });
  });

/** CSS pixels by which the picture fails to cover the screen, or to be centred where it fits. */
function emptiness({ scale, x, y }: View, picture: Size, screen: Size): number {
  const along = (offset: number, long: number, room: number) =>
    long <= room ? Math.abs(offset - (room - long) / 2) : Math.max(0, offset, room - (offset + long));
  return Math.max(along(x, picture.width * scale, screen.width), along(y, picture.height * scale, screen.height));
}

const pointUnder = (view: View, at: Point): Point => ({
  x: (at.x - view.x) / view.scale,
  y: (at.y - view.y) / view.scale,
});

describe("fitted", () => {
  it("shows the whole picture as large as possible, centred", () => {
    expect(fitted({ width: 200, height: 100 }, { width: 400, height: 400 })).toEqual({ scale: 2, x: 0, y: 100 });
    fc.assert(
      fc.property(size, size, (picture, screen) => {
        const view = fitted(picture, screen);
        expect(view.x).toBeGreaterThanOrEqual(-1e-6);
        expect(view.y).toBeGreaterThanOrEqual(-1e-6);
        const [right, bottom] = [view.x + picture.width * view.scale, view.y + picture.height * view.scale];
        expect(right).toBeLessThanOrEqual(screen.width + 1e-6);
        expect(bottom).toBeLessThanOrEqual(screen.height + 1e-6);
        expect(
          Math.min(screen.width - picture.width * view.scale, screen.height - picture.height * view.scale),
        ).toBeCloseTo(0, NEAR);
      }),
    );
  });
});

describe("scaleBounds", () => {
  it("reaches from fitted to eight times 1:1 in device pixels", () => {
    const screen = { width: 400, height: 300 };
    expect(scaleBounds({ width: 4000, height: 3000 }, screen, 1)).toEqual([0.1, 8]);
    expect(scaleBounds({ width: 4000, height: 3000 }, screen, 2)).toEqual([0.1, 4]);
  });

  it("reaches from 1:1 to fitted for a very small picture", () => {
    expect(scaleBounds({ width: 10, height: 10 }, { width: 400, height: 300 }, 1)).toEqual([1, 30]);
  });

  it("always includes fitted and 1:1", () => {
    fc.assert(
      fc.property(size, size, ratio, (picture, screen, pixelRatio) => {
        const [least, most] = scaleBounds(picture, screen, pixelRatio);
        for (const scale of [fitted(picture, screen).scale, 1 / pixelRatio]) {
          expect(scale).toBeGreaterThanOrEqual(least);
          expect(scale).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});

describe("zoomed", () => {
  it("keeps the point under the finger, unless an edge would be empty", () => {
    fc.assert(
      fc.property(
        scene,
        fc.double({ min: 0, max: 1, noNaN: true }),
        size,
        ({ picture, screen, view, bounds }, zoom, at) => {
          const around = { x: at.width % screen.width, y: at.height % screen.height };
          const scale = bounds[0] + (bounds[1] - bounds[0]) * zoom;
          const after = zoomed(view, scale, around, picture, screen);
          expect(after.scale).toBe(scale);
          expect(emptiness(after, picture, screen)).toBeLessThan(1e-6);
          const spot = pointUnder(view, around);
          const free = { scale, x: around.x - spot.x * scale, y: around.y - spot.y * scale };
          if (emptiness(free, picture, screen) > 0) return; // `zoomed` had to move the picture to cover an edge
          expect(after.x).toBeCloseTo(free.x, NEAR);
          expect(after.y).toBeCloseTo(free.y, NEAR);
        },
      ),
    );
  });

  it("keeps the point under the finger in an example", () => {
    const [picture, screen] = [
      { width: 1000, height: 1000 },
      { width: 500, height: 500 },
    ];
    const at = { x: 100, y: 300 };
    const view = zoomed(fitted(picture, screen), 2, at, picture, screen);
    expect(pointUnder(view, at)).toEqual({ x: 200, y: 600 });
  });
});

describe("showing", () => {
  const [picture, screen] = [
    { width: 1000, height: 800 },
    { width: 500, height: 400 },
  ];

  it("shows a part of the picture as large as possible, in the middle", () => {
    const view = showing({ x: 400, y: 300, side: 100 }, [0.5, 8], picture, screen);
    expect(view).toEqual({ scale: 4, x: 250 - 450 * 4, y: 200 - 350 * 4 });
  });

  it("covers the screen for a part at the edge, and keeps to the bounds of the scale", () => {
    expect(showing({ x: 0, y: 0, side: 100 }, [0.5, 8], picture, screen)).toEqual({ scale: 4, x: 0, y: 0 });
    expect(showing({ x: 450, y: 350, side: 10 }, [0.5, 8], picture, screen).scale).toBe(8);
    expect(showing({ x: 0, y: 0, side: 800 }, [0.75, 8], picture, screen).scale).toBe(0.75);
  });

  it("has the whole part on the screen, whatever its place", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 700 }), (x, y) => {
        const view = showing({ x, y, side: 100 }, [0.5, 8], picture, screen);
        expect(emptiness(view, picture, screen)).toBeLessThan(1e-6);
        for (const [start, offset, room] of [
          [x, view.x, screen.width],
          [y, view.y, screen.height],
        ] as const) {
          expect(offset + start * view.scale).toBeGreaterThanOrEqual(-1e-6);
          expect(offset + (start + 100) * view.scale).toBeLessThanOrEqual(room + 1e-6);
        }
      }),
    );
  });
});

describe("moved", () => {
  it("moves the picture up to its edges", () => {
    const [picture, screen] = [
      { width: 1000, height: 1000 },
      { width: 500, height: 500 },
    ];
    const view = { scale: 1, x: -100, y: -100 };
    expect(moved(view, { x: -30, y: 20 }, picture, screen)).toEqual({ scale: 1, x: -130, y: -80 });
    expect(moved(view, { x: 900, y: -900 }, picture, screen)).toEqual({ scale: 1, x: 0, y: -500 });
  });

  it("leaves no edge empty, and centres a side that fits", () => {
    const offset = fc.double({ min: -20_000, max: 20_000, noNaN: true });
    fc.assert(
      fc.property(scene, offset, offset, ({ picture, screen, view }, x, y) => {
        expect(emptiness(moved(view, { x, y }, picture, screen), picture, screen)).toBeLessThan(1e-6);
      }),
    );
  });
});

describe("visible", () => {
  it("is the part of the screen that the picture covers", () => {
    const screen = { width: 500, height: 500 };
    expect(visible({ scale: 1, x: 100, y: 0 }, { width: 300, height: 500 }, screen)).toEqual({
      x: 100,
      y: 0,
      width: 300,
      height: 500,
    });
    expect(visible({ scale: 1, x: -200, y: -10 }, { width: 900, height: 900 }, screen)).toEqual({
      x: 0,
      y: 0,
      ...screen,
    });
  });

  it("lies within the screen", () => {
    fc.assert(
      fc.property(scene, ({ picture, screen, view }) => {
        const { x, y, width, height } = visible(view, picture, screen);
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(Math.min(width, height)).toBeGreaterThan(0);
        expect(x + width).toBeLessThanOrEqual(screen.width + 1e-6);
        expect(y + height).toBeLessThanOrEqual(screen.height + 1e-6);
      }),
    );
  });
});
