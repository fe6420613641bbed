// @vitest-environment node
import fc from "fast-check";
import { expect, it } from "vitest";
import { regionAround } from "./region";

const side = fc.integer({ min: 1, max: 5000 });
const part = fc.double({ min: 0, max: 1, noNaN: true });

it("is centred on the face, with a margin", () => {
  const region = regionAround([400, 400, 500, 480], { width: 1000, height: 1000 });
  expect(region.side).toBeCloseTo(190);
  expect(region.x + region.side / 2).toBeCloseTo(450);
  expect(region.y + region.side / 2).toBeCloseTo(440);
});

it("is moved inside the picture at its edge", () => {
  expect(regionAround([0, 0, 100, 100], { width: 1000, height: 1000 })).toMatchObject({ x: 0, y: 0 });
});

it("lies inside the picture and contains the centre of the face, for any box in it", () => {
  fc.assert(
    fc.property(side, side, fc.tuple(part, part, part, part), (width, height, [a, b, c, d]) => {
      const box = [Math.min(a, c) * width, Math.min(b, d) * height, Math.max(a, c) * width, Math.max(b, d) * height];
      const region = regionAround(box, { width, height });
      const [x, y] = [((a + c) / 2) * width, ((b + d) / 2) * height];
      expect(region.side).toBeGreaterThan(0);
      for (const [start, middle, room] of [
        [region.x, x, width],
        [region.y, y, height],
      ] as const) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(start + region.side).toBeLessThanOrEqual(room + 1e-6);
        expect(middle).toBeGreaterThanOrEqual(start - 1e-6);
        expect(middle).toBeLessThanOrEqual(start + region.side + 1e-6);
      }
    }),
  );
});

it("lies inside the picture for a box outside it", () => {
  const coordinate = fc.integer({ min: -9000, max: 9000 });
  fc.assert(
    fc.property(side, side, fc.array(coordinate, { maxLength: 4 }), (width, height, box) => {
      const region = regionAround(box, { width, height });
      expect(region.side).toBeGreaterThan(0);
      expect(Math.min(region.x, region.y)).toBeGreaterThanOrEqual(0);
      expect(region.x + region.side).toBeLessThanOrEqual(width + 1e-6);
      expect(region.y + region.side).toBeLessThanOrEqual(height + 1e-6);
    }),
  );
});
