// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lookOf, OPTIONS, photoOf, problemOf, requestOf, resultOf } from "@/test/samples";
import type { Options } from "./options";
import { isRetrying, requestFor, type Photo, type Result } from "./photo";
import { MAX_TRIES } from "./changes";
import { EMPTY, reduce, type Action, type State } from "./reducer";

const BUSY = problemOf({ status: 503, retryAfter: 7 });
const NOW = 1_000_000;
const RESULTS = [resultOf(), resultOf({ faces: [] })];

/** The state after these actions, starting with one photo. */
function after(...actions: Action[]): State {
  return actions.reduce(reduce, reduce(EMPTY, { type: "added", photos: [photoOf({ id: "a" })] }));
}

function photoIn(state: State): Photo {
  const [photo] = state.photos;
  if (photo === undefined) throw new Error("There is no photo.");
  return photo;
}

const ask: Action = { type: "requested", ids: ["a"] };
const start: Action = { type: "started", id: "a", now: NOW, stages: null };
const fail: Action = { type: "failed", id: "a", problem: BUSY, now: NOW };
const cancel: Action = { type: "cancelled", id: "a" };

describe("the list", () => {
  const [a, b, c] = ["a", "b", "c"].map((id) => photoOf({ id })) as [Photo, Photo, Photo];
  const refused = photoOf({ id: "refused", refusal: { key: "intake.empty" } });

  it("selects the first added photo that is not refused", () => {
    let state = reduce(EMPTY, { type: "added", photos: [refused, a] });
    expect(state.selected).toBe("a");
    state = reduce(state, { type: "added", photos: [photoOf({ id: "other", refusal: { key: "intake.empty" } })] });
    expect(state.selected).toBe("a");
    expect(reduce(state, { type: "added", photos: [b, c] }).selected).toBe("b");
    expect(reduce(EMPTY, { type: "added", photos: [refused] }).selected).toBe("refused");
  });

  it("selects the neighbour of a removed photo", () => {
    let state = reduce(EMPTY, { type: "added", photos: [a, b, c] });
    state = reduce(state, { type: "selected", id: "b" });
    state = reduce(state, { type: "removed", id: "b" });
    expect(state.selected).toBe("c");
    state = reduce(state, { type: "removed", id: "c" });
    expect(state.selected).toBe("a");
    expect(reduce(state, { type: "removed", id: "a" })).toMatchObject({ selected: null, photos: [] });
  });

  it("keeps the selection when another photo is removed", () => {
    const state = reduce(EMPTY, { type: "added", photos: [a, b] });
    expect(reduce(state, { type: "removed", id: "b" }).selected).toBe("a");
  });
});

describe("photos of an earlier visit", () => {
  const [a, b, c] = ["a", "b", "c"].map((id) => photoOf({ id })) as [Photo, Photo, Photo];

  it("come first, with the one that was shown", () => {
    const state = reduce(EMPTY, { type: "restored", photos: [a, b], selected: "b" });
    expect([state.photos, state.selected]).toEqual([[a, b], "b"]);
    expect(reduce(EMPTY, { type: "restored", photos: [a, b], selected: "gone" }).selected).toBe("a");
    expect(reduce(EMPTY, { type: "restored", photos: [], selected: "gone" })).toEqual(EMPTY);
  });

  it("do not take the place of a photo that was added meanwhile", () => {
    const added = reduce(EMPTY, { type: "added", photos: [c] });
    const state = reduce(added, { type: "restored", photos: [a, { ...c, name: "as it was" }], selected: "a" });
    expect([state.photos, state.selected]).toEqual([[a, c], "c"]);
  });
});

describe("the work on a photo", () => {
  it("goes through waiting and active to a result", () => {
    expect(photoIn(after(ask)).work).toEqual({ phase: "waiting", tries: 0 });
    expect(photoIn(after(ask, start)).work).toMatchObject({ phase: "active", tries: 1, since: NOW });
    const progress = { phase: "queued", position: 2 } as const;
    expect(photoIn(after(ask, start, { type: "progressed", id: "a", progress, now: NOW })).work).toMatchObject({
      progress,
    });
    const result = resultOf();
    const done = photoIn(after(ask, start, { type: "finished", id: "a", result }));
    expect(done).toMatchObject({ work: { phase: "idle" }, result });
  });

  it("adds each result to those before it", () => {
    const finish = (url: string): Action => ({ type: "finished", id: "a", result: { ...resultOf(), url } });
    const photo = photoIn(after(finish("1"), finish("2"), finish("3")));
    expect(photo).toMatchObject({ result: { url: "3" }, results: [{ url: "1" }, { url: "2" }, { url: "3" }] });
  });

  it("goes back to an older result, and to its faces", () => {
    const corrected: Options = { ...OPTIONS, color_correction: "auto" };
    const [first, second] = [resultOf(), resultOf({ faces: [] }, corrected)];
    const finish = (result: Result): Action => ({ type: "finished", id: "a", result });
    const show = (result: Result): Action => ({ type: "shown", id: "a", result });
    const photo = photoIn(after(finish(first), finish(second), show(first)));
    expect(photo.result).toBe(first);
    expect(photo.results).toEqual([first, second]);
    expect(photo.faces).toMatchObject({ key: "none", places: [[10, 10, 40, 40]] });
    expect(photoIn(after(finish(first), show(second))).result).toBe(first); // which the photo does not have
  });

  it("takes the settings of a result again, for its faces too", () => {
    const request = requestOf({
      options: { ...OPTIONS, strength: 0.3 },
      overrides: { 0: 0.5 },
      boxes: [[0, 0, 20, 20]],
      requireFace: false,
    });
    const result = { ...resultOf(), request };
    const finish: Action = { type: "finished", id: "a", result };
    const state = after(finish, { type: "options", options: OPTIONS }, { type: "adopted", id: "a", request });
    expect(state.options).toBe(request.options);
    expect(requestFor(photoIn(state), state.options ?? OPTIONS)).toEqual(request);
  });

  it("still needs a face after the settings of a result that was only enlarged", () => {
    const request = requestOf({ options: { ...OPTIONS, strength: 0 }, requireFace: false });
    const state = after({ type: "adopted", id: "a", request }, { type: "options", options: OPTIONS });
    expect(requestFor(photoIn(state), OPTIONS).requireFace).toBe(true);
  });

  it("keeps the last result during the next work, and after a failure", () => {
    const finish: Action = { type: "finished", id: "a", result: resultOf() };
    expect(photoIn(after(ask, start, finish, ask, start)).result).not.toBeNull();
    expect(photoIn(after(ask, start, finish, ask, start, fail)).result).not.toBeNull();
    expect(photoIn(after(ask, start, finish, ask, start, cancel)).result).not.toBeNull();
  });

  it("does not start for a refused photo, nor twice", () => {
    const refused = reduce(EMPTY, { type: "added", photos: [photoOf({ id: "a", refusal: { key: "intake.empty" } })] });
    expect(photoIn(reduce(refused, ask)).work.phase).toBe("idle");
    expect(photoIn(after(ask, start, ask)).work.phase).toBe("active");
  });

  it("ignores progress unless the photo is active", () => {
    const progress = { phase: "working", stage: "decode", fraction: 0.5 } as const;
    expect(photoIn(after(ask, start, cancel, { type: "progressed", id: "a", progress, now: NOW })).work).toEqual({
      phase: "idle",
    });
  });
});

describe("a busy server", () => {
  it.each([503, 429])("is retried after its delay (%i)", (status) => {
    const failed = photoIn(after(ask, start, { ...fail, problem: problemOf({ status, retryAfter: 7 }) }));
    expect(failed.work).toMatchObject({ phase: "failed", retryAt: NOW + 7000 });
    expect(isRetrying(failed)).toBe(true);
  });

  it("is retried after a second at the earliest", () => {
    const failed = photoIn(after(ask, start, { ...fail, problem: problemOf({ retryAfter: 0 }) }));
    expect(failed.work).toMatchObject({ retryAt: NOW + 1000 });
  });

  it.each([
    ["it named no delay", problemOf({ status: 503, retryAfter: null })],
    ["the failure is another one", problemOf({ status: 500, retryAfter: 7 })],
    ["the delay is days long", problemOf({ status: 503, retryAfter: 30 * 24 * 3600 })],
    ["there was no answer", problemOf({ status: null })],
  ])("is not retried if %s", (_why, problem) => {
    expect(isRetrying(photoIn(after(ask, start, { ...fail, problem })))).toBe(false);
  });

  it("is not retried after MAX_TRIES until a person asks", () => {
    let state = after();
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      state = [ask, start].reduce(reduce, state);
      expect(photoIn(state).work).toMatchObject({ tries });
      state = reduce(state, fail);
      expect(isRetrying(photoIn(state))).toBe(tries < MAX_TRIES);
    }
    expect(photoIn([ask, start].reduce(reduce, state)).work).toMatchObject({ tries: 1 });
  });

  it("is not retried after a cancel, and the problem stays visible", () => {
    const stopped = photoIn(after(ask, start, fail, cancel));
    expect(stopped.work).toMatchObject({ phase: "failed", problem: BUSY, retryAt: null });
  });
});

describe("any actions", () => {
  const id = fc.constantFrom("a", "b", "c", "nobody");
  const nowhere = { ...BUSY, status: 500 };
  const action: fc.Arbitrary<Action> = fc.oneof(
    fc.record({ type: fc.constant("removed" as const), id }),
    fc.record({ type: fc.constant("selected" as const), id }),
    fc.record({ type: fc.constant("options" as const), options: fc.constant(OPTIONS) }),
    fc.record({
      type: fc.constant("overridden" as const),
      id,
      faces: fc.constantFrom("none", "auto"),
      face: fc.nat(3),
      strength: fc.option(fc.constantFrom(0, 0.5, 1)),
    }),
    fc.record({ type: fc.constant("marked" as const), id, boxes: fc.constantFrom([], [[0, 0, 20, 20] as const]) }),
    fc.record({ type: fc.constant("looked" as const), id, look: fc.constantFrom(lookOf(), lookOf({ faces: [] })) }),
    fc.record({ type: fc.constant("faces not required" as const), id }),
    fc.record({ type: fc.constant("requested" as const), ids: fc.array(id, { maxLength: 3 }) }),
    fc.record({ type: fc.constant("started" as const), id, now: fc.nat(), stages: fc.constant(null) }),
    fc.record({
      type: fc.constant("progressed" as const),
      id,
      progress: fc.constant({ phase: "uploading" as const, fraction: 0.5 }),
      now: fc.nat(),
    }),
    fc.record({ type: fc.constant("finished" as const), id, result: fc.constantFrom(...RESULTS) }),
    fc.record({ type: fc.constant("shown" as const), id, result: fc.constantFrom(...RESULTS) }),
    fc.record({ type: fc.constant("failed" as const), id, problem: fc.constantFrom(BUSY, nowhere), now: fc.nat() }),
    fc.record({ type: fc.constant("cancelled" as const), id }),
  );
  const adding = fc.subarray(["a", "b", "c"]).map((ids) => ({
    type: "added" as const,
    photos: ids.map((one) => photoOf({ id: one, refusal: one === "c" ? { key: "intake.empty" } : null })),
  }));

  it("lose no photo and no result, and leave an existing photo selected", () => {
    fc.assert(
      fc.property(adding, fc.array(action, { maxLength: 40 }), (added, actions) => {
        let state = reduce(EMPTY, added);
        for (const next of actions) {
          const before = state;
          state = reduce(state, next);
          for (const photo of before.photos) {
            const found = state.photos.find((one) => one.id === photo.id);
            expect(found === undefined).toBe(next.type === "removed" && next.id === photo.id);
            if (found && photo.result !== null) expect(found.results).toContain(found.result);
          }
          if (state.photos.length === 0) expect(state.selected).toBeNull();
          else expect(state.photos.map((photo) => photo.id)).toContain(state.selected);
        }
      }),
    );
  });

  it("send no refused photo, and retry at most MAX_TRIES times", () => {
    fc.assert(
      fc.property(adding, fc.array(action, { maxLength: 60 }), (added, actions) => {
        const state = actions.filter(({ type }) => type !== "started").reduce(reduce, reduce(EMPTY, added));
        for (const { refusal, work } of state.photos) {
          if (refusal !== null) expect(work.phase).not.toBe("waiting");
          if (work.phase === "waiting") expect(work.tries).toBeLessThan(MAX_TRIES);
        }
      }),
    );
  });
});
