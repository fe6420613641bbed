// @vitest-environment node
import { describe, expect, it } from "vitest";
import { faceOf, lookOf, OPTIONS, photoOf, resultOf } from "@/test/samples";
import { changed, type PhotoAction } from "./changes";
import type { Options } from "./options";
import { facesKey, requestFor, type Photo } from "./photo";
import type { Box } from "./places";

/** A photo after these actions. */
function after(...actions: PhotoAction[]): Photo {
  return actions.reduce(changed, photoOf({ id: "a" }));
}

describe("overrides", () => {
  const override = (face: number, strength: number | null, faces = "none"): PhotoAction => {
    return { type: "overridden", id: "a", faces, face, strength };
  };

  const finish: PhotoAction = { type: "finished", id: "a", result: resultOf() };

  it("are set, changed and removed per face", () => {
    const several = after(finish, override(0, 0), override(2, 0.5), override(0, 0.25));
    expect(several.overrides.none).toEqual({ 0: 0.25, 2: 0.5 });
    const removed = after(finish, override(0, 0), override(2, 0.5), override(0, null));
    expect(removed.overrides.none).toEqual({ 2: 0.5 });
  });

  it("need a result, which shows the faces", () => {
    expect(after(override(0, 0)).overrides).toEqual({});
  });

  it("belong to the colour correction of the result that showed the faces", () => {
    const corrected: Options = { ...OPTIONS, color_correction: "auto" };
    const correct: PhotoAction = { type: "finished", id: "a", result: resultOf({}, corrected) };
    const photo = after(finish, override(0, 0), correct, override(1, 0.5, "auto"));
    expect(photo.overrides).toEqual({ none: { 0: 0 }, auto: { 1: 0.5 } });
  });
});

describe("looks", () => {
  const [left, right] = [faceOf({ box: [10, 10, 40, 40] }), faceOf({ box: [60, 10, 90, 40] })];
  const middle = faceOf({ box: [42, 10, 58, 40] });
  const boxes: readonly Box[] = [[42, 10, 58, 40]];
  const marked = facesKey(OPTIONS, boxes);
  const look: PhotoAction = { type: "looked", id: "a", look: lookOf({ faces: [left, right] }) };
  const leave: PhotoAction = { type: "overridden", id: "a", faces: "none", face: 1, strength: 0 };
  const mark: PhotoAction = { type: "marked", id: "a", boxes };
  const lookAgain: PhotoAction = { type: "looked", id: "a", look: lookOf({ faces: [left, middle, right] }, { boxes }) };

  it("show the faces, so that strengths can be set before the photo is restored", () => {
    const photo = after(look, leave);
    expect(requestFor(photo, OPTIONS).overrides).toEqual({ 1: 0 });
  });

  it("keep the strengths with their faces when a box adds a face between them", () => {
    const photo = after(look, leave, mark, lookAgain);
    expect(requestFor(photo, OPTIONS)).toMatchObject({ boxes, overrides: { 2: 0 } });
  });

  it("keep them when the box is removed again, also those that were set since", () => {
    const other: PhotoAction = { type: "overridden", id: "a", faces: marked, face: 0, strength: 0.5 };
    const unmark: PhotoAction = { type: "marked", id: "a", boxes: [] };
    const photo = after(look, leave, mark, lookAgain, other, unmark, look);
    expect(requestFor(photo, OPTIONS)).toMatchObject({ boxes: [], overrides: { 0: 0.5, 1: 0 } });
  });

  it("keep strengths that were set for the faces of the result, after a box came and went", () => {
    const result = resultOf({ faces: [left, right] });
    const unmark: PhotoAction = { type: "marked", id: "a", boxes: [] };
    const photo = after({ type: "finished", id: "a", result }, mark, lookAgain, unmark, leave, mark, {
      ...lookAgain,
      look: lookOf({ faces: [middle, left, right] }, { boxes }),
    });
    expect(photo.overrides.none).toEqual({ 1: 0 });
    expect(requestFor(photo, OPTIONS).overrides).toEqual({ 2: 0 });
  });

  it("that tell nothing change no face", () => {
    const nothing: PhotoAction = { type: "looked", id: "a", look: { ...lookOf({}, { boxes }), facts: null } };
    const photo = after(look, leave, mark, nothing);
    expect(photo.faces?.key).toBe("none");
    expect(photo.overrides).toEqual({ none: { 1: 0 } });
  });

  it("that were missed are made up for by the result", () => {
    const request = { ...resultOf().request, boxes };
    const result = { ...resultOf({ faces: [left, middle, right] }), request };
    const photo = after(look, leave, mark, { type: "finished", id: "a", result });
    expect(requestFor(photo, OPTIONS).overrides).toEqual({ 2: 0 });
  });

  it("keep strengths over a result with other colours, which was asked for without a look", () => {
    const corrected: Options = { ...OPTIONS, color_correction: "auto" };
    const correct: PhotoAction = { type: "finished", id: "a", result: resultOf({ faces: [left, right] }, corrected) };
    const photo = after(look, leave, correct, look);
    expect(requestFor(photo, OPTIONS).overrides).toEqual({ 1: 0 });
  });

  it("keep the boxes over results", () => {
    expect(after(mark, { type: "finished", id: "a", result: resultOf() }).boxes).toEqual(boxes);
  });
});
