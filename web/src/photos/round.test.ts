// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lookOf, OPTIONS, photoOf, problemOf, resultOf } from "@/test/samples";
import { EMPTY, reduce, type Action, type State } from "./reducer";
import { placeIn, secondsOfAll, type Round } from "./round";

const IDS = ["a", "b", "c", "d"];
const MEGAPIXEL = { width: 1000, height: 1000 };

function photos(changes: Partial<Parameters<typeof photoOf>[0]> = {}): State {
  const added = IDS.map((id) => photoOf({ id, size: MEGAPIXEL, ...changes }));
  return [{ type: "options", options: OPTIONS }, { type: "added", photos: added } as Action].reduce(
    (state, action) => reduce(state, action as Action),
    EMPTY,
  );
}

function after(state: State, ...actions: Action[]): State {
  return actions.reduce(reduce, state);
}

function roundOf({ round }: State): Round {
  if (round === null) throw new Error("There is no round.");
  return round;
}

const ask = (...ids: string[]): Action => ({ type: "requested", ids });
const start = (id: string, now = 0): Action => ({ type: "started", id, now, stages: null });
const work = (id: string, stage: string, fraction: number, now = 0): Action => {
  return { type: "progressed", id, progress: { phase: "working", stage, fraction }, now };
};
const finish = (id: string, seconds = 2): Action => ({ type: "finished", id, result: { ...resultOf(), seconds } });
const fail = (id: string, status = 500, retryAfter: number | null = null): Action => {
  return { type: "failed", id, problem: problemOf({ status, retryAfter }), now: 0 };
};
const cancel = (id: string): Action => ({ type: "cancelled", id });

describe("the photos of a round", () => {
  it("are counted while they are done one after the other", () => {
    const asked = after(photos(), ask("a", "b", "c"), start("a"));
    expect(placeIn(roundOf(asked))).toEqual({ number: 1, count: 3 });
    const second = after(asked, finish("a"), start("b"));
    expect(placeIn(roundOf(second))).toEqual({ number: 2, count: 3 });
    const last = after(second, fail("b"), start("c"));
    expect(placeIn(roundOf(last))).toEqual({ number: 3, count: 3 });
    expect(after(last, finish("c")).round).toBeNull();
  });

  it("grow by one that is asked for later, and shrink by one that is cancelled or removed", () => {
    const asked = after(photos(), ask("a", "b"), start("a"), ask("c", "d"));
    expect(placeIn(roundOf(asked)).count).toBe(4);
    expect(placeIn(roundOf(after(asked, cancel("c")))).count).toBe(3);
    expect(placeIn(roundOf(after(asked, { type: "removed", id: "d" }))).count).toBe(3);
  });

  it("stay when the server was too busy for one", () => {
    const busy = after(photos(), ask("a", "b"), start("a"), fail("a", 503, 5));
    expect(placeIn(roundOf(busy))).toEqual({ number: 1, count: 2 });
    expect(placeIn(roundOf(after(busy, ask("a"), start("a"))))).toEqual({ number: 1, count: 2 });
  });

  it("are not those of a set", () => {
    expect(after(photos(), { type: "batched", ids: ["a", "b"] }).round).toBeNull();
  });

  it("begin anew once all were done", () => {
    const done = after(photos(), ask("a"), start("a"), finish("a"));
    expect(placeIn(roundOf(after(done, ask("a", "b"))))).toEqual({ number: 1, count: 2 });
  });
});

describe("the fraction of all", () => {
  it("is that of the photos by their sizes", () => {
    const sizes = [1000, 3000];
    const added = sizes.map((width, index) => photoOf({ id: String(index), size: { width, height: 1000 } }));
    const state = after(EMPTY, { type: "added", photos: added }, ask("0", "1"), start("0"));
    const { fraction } = roundOf(after(state, finish("0"), start("1")));
    expect(fraction).toBeCloseTo(2 / 6); // each photo counts a megapixel more than it has
  });

  it("follows the photo at work", () => {
    const state = after(photos(), ask("a", "b"), start("a"), work("a", "restoration", 1));
    const { fraction } = roundOf(state);
    expect(fraction).toBeCloseTo((state.photos[0]?.course?.fraction ?? 0) / 2);
    expect(fraction).toBeGreaterThan(0.05);
  });

  it("does not fall when more are asked for, one is cancelled, or one begins again", () => {
    const state = after(photos(), ask("a", "b"), start("a"), finish("a"), start("b"), work("b", "metrics", 0.5));
    const { fraction } = roundOf(state);
    expect(fraction).toBeGreaterThan(0.7);
    for (const action of [ask("c", "d"), ask("a"), fail("b", 503, 5)]) {
      expect(roundOf(after(state, action)).fraction).toBeCloseTo(fraction);
    }
  });

  const id = fc.constantFrom(...IDS);
  const action: fc.Arbitrary<Action> = fc.oneof(
    fc.array(id, { maxLength: 4 }).map((ids) => ask(...ids)),
    fc.tuple(id, fc.nat(1e5)).map(([one, now]) => start(one, now)),
    fc
      .tuple(
        id,
        fc.constantFrom("decode", "restoration", "upscaling", "identity"),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(1e5),
      )
      .map(([one, stage, fraction, now]) => work(one, stage, fraction, now)),
    fc.tuple(id, fc.integer({ min: 0, max: 100 })).map(([one, seconds]) => finish(one, seconds)),
    fc.tuple(id, fc.constantFrom(500, 503)).map(([one, status]) => fail(one, status, 5)),
    id.map(cancel),
    id.map((one) => ({ type: "removed" as const, id: one })),
    id.map((one) => ({ type: "looked" as const, id: one, look: lookOf() })),
  );

  it("never falls within a round and stays in [0, 1], whatever happens", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        let state = photos();
        for (const one of actions) {
          const before = state.round;
          state = reduce(state, one);
          if (state.round === null) continue;
          const { fraction, weights, over } = state.round;
          expect(fraction).toBeGreaterThanOrEqual(before?.fraction ?? 0);
          expect(fraction).toBeLessThanOrEqual(1);
          expect(over.size).toBeLessThan(weights.size);
          const seconds = secondsOfAll(state.round, state.photos, 1e6);
          expect(seconds === null || seconds >= 0).toBe(true);
        }
      }),
    );
  });
});

describe("the seconds of all", () => {
  const left = (state: State) => secondsOfAll(roundOf(state), state.photos, 0);

  it("are unknown before anything was measured", () => {
    expect(left(after(photos(), ask("a", "b"), start("a")))).toBeNull();
  });

  it("are those of a look, also for the photos of the same size that nobody looked at", () => {
    const look: Action = {
      type: "looked",
      id: "a",
      look: lookOf({ estimate: { seconds: 8, stages_s: {}, memory_bytes: 1 } }),
    };
    expect(left(after(photos(), look, ask("a", "b", "c")))).toBeCloseTo(24);
  });

  it("are known by the first photo, once the server has said what it takes", () => {
    const plan: Action = { type: "planned", id: "a", stages: { upscaling: 6 }, now: 0 };
    const state = after(photos(), ask("a", "b", "c"), start("a"), work("a", "upscaling", 0), plan);
    expect(left(state)).toBeGreaterThan(17.9);
    expect(left(state)).toBeLessThan(18.1);
  });

  it("follow what the photos before took", () => {
    const state = after(photos(), ask("a", "b", "c"), start("a"), finish("a", 10));
    expect(left(state)).toBeCloseTo(20);
  });

  it("are less by what is done of the photo at work", () => {
    const look: Action = {
      type: "looked",
      id: "a",
      look: lookOf({ estimate: { seconds: 8, stages_s: {}, memory_bytes: 1 } }),
    };
    const state = after(photos(), look, ask("a", "b"), start("a"), work("a", "metrics", 1));
    expect(left(state)).toBeGreaterThan(8);
    expect(left(state)).toBeLessThan(10);
  });
});
