// @vitest-environment node
import { describe, expect, it } from "vitest";
import {
  CONFIG,
  dryRunOf,
  faceOf,
  fileOf,
  LOOKING,
  lookOf,
  OPTIONS,
  photoOf,
  PNG,
  problemOf,
  requestOf,
  resultOf,
} from "@/test/samples";
import { ENGLISH } from "@/words/messages";
import { wordsIn } from "@/words/words";
import type { Options } from "./options";
import {
  canLook,
  canMark,
  currentLook,
  foresightOf,
  isUnplaced,
  lookFormOf,
  lookKey,
  noticesOf,
  shownFaces,
  strengthOf,
  wantsLook,
} from "./look";
import { facesKey, formOf, type Request } from "./photo";
import type { Box } from "./places";

const BOXES: readonly Box[] = [[50, 10, 80, 40]];

it("a server of an earlier version cannot look, and takes no boxes", () => {
  expect([CONFIG, LOOKING].map(canLook)).toEqual([false, true]);
  expect([CONFIG, LOOKING].map(canMark)).toEqual([false, true]);
});

it("the form of a look is that of the request, with a dry run, and without a face being an error", () => {
  const request = requestOf({ overrides: { 0: 0 }, boxes: BOXES });
  const source = { file: fileOf(PNG) };
  const fields = Object.fromEntries(lookFormOf(formOf(source, request), { withPreview: false }));
  expect(fields).toEqual({ ...Object.fromEntries(formOf(source, request)), require_face: "false", dry_run: "true" });
  const more = Object.fromEntries(lookFormOf(formOf(source, request), { withPreview: true }));
  expect(more).toEqual({ ...fields, preview: "true" });
});

describe("another look", () => {
  const key = (request: Partial<Request> = {}, options: Partial<Options> = {}) =>
    lookKey(requestOf({ options: { ...OPTIONS, ...options }, ...request }));

  it.each<[string, Partial<Request>, Partial<Options>]>([
    ["size", {}, { upscale_factor: 4 }],
    ["long side", {}, { long_side: 1200 }],
    ["choice of faces", {}, { faces: "largest" }],
    ["colour correction", {}, { color_correction: "auto" }],
    ["format", {}, { output_format: "avif" }],
    ["restorer", {}, { restorer: "second" }],
    ["strength of 0", {}, { strength: 0 }],
    ["box", { boxes: BOXES }, {}],
    ["face that is left", { overrides: { 0: 0 } }, {}],
  ])("is needed for another %s", (_what, request, options) => {
    expect(key(request, options)).not.toBe(key());
  });

  it("is not needed where nothing that it tells would change", () => {
    expect(key({}, { strength: 0.4 })).toBe(key());
    expect(key({ requireFace: false })).toBe(key());
    expect(key({ overrides: { 0: 0.3 } })).toBe(key({ overrides: { 0: 0.8 } }));
    expect(key({}, { output_format: "jpeg", quality: 40 })).toBe(key({}, { output_format: "jpeg", quality: 90 }));
  });

  it("is wanted for an idle photo that was not looked at, or was asked otherwise", () => {
    const look = lookOf();
    expect(wantsLook(photoOf(), OPTIONS, true)).toBe(true);
    expect(wantsLook(photoOf({ look }), OPTIONS, true)).toBe(false);
    expect(wantsLook(photoOf({ look }), { ...OPTIONS, upscale_factor: 4 }, true)).toBe(true);
    expect(wantsLook(photoOf({ look, boxes: BOXES }), OPTIONS, true)).toBe(true);
    expect(wantsLook(photoOf({ result: resultOf() }), OPTIONS, true)).toBe(false);
    expect(wantsLook(photoOf({ refusal: { key: "intake.empty" } }), OPTIONS, true)).toBe(false);
    expect(wantsLook(photoOf({ work: { phase: "waiting", tries: 0 } }), OPTIONS, true)).toBe(false);
    // Done, but the page cannot show what it was made of.
    const unshown = { url: "", size: null, result: resultOf() };
    expect(wantsLook(photoOf(unshown), OPTIONS, true)).toBe(true);
    expect(wantsLook(photoOf(unshown), OPTIONS, false)).toBe(false);
    expect(wantsLook(photoOf({ ...unshown, look }), OPTIONS, true)).toBe(false);
    const failed = { phase: "failed", tries: 1, problem: problemOf(), retryAt: null } as const;
    expect(wantsLook(photoOf({ work: failed }), OPTIONS, true)).toBe(false);
    // The server fetches such a photo once, when it is restored.
    expect(wantsLook(photoOf({ source: { address: "https://example.org/oma.jpg" } }), OPTIONS, true)).toBe(false);
  });
});

describe("what the page says before a photo is restored", () => {
  const look = lookOf();
  const other = { ...OPTIONS, upscale_factor: 4 };

  it("is what the look of this request has found", () => {
    const foresight = { facts: look.facts, problem: null, isLooking: false, isUnplaced: false };
    expect(foresightOf(photoOf({ look }), OPTIONS, false)).toEqual(foresight);
    expect(currentLook(photoOf({ look }), other)).toBeNull();
    expect(foresightOf(photoOf({ look }), other, false)).toEqual({ ...foresight, facts: null });
  });

  it("is what an earlier look has found while the next is under way", () => {
    expect(foresightOf(photoOf({ look }), other, true)).toMatchObject({ facts: look.facts, isLooking: true });
  });

  it("is nothing once the result is there", () => {
    expect(foresightOf(photoOf({ look, result: resultOf() }), OPTIONS, false).facts).toBeNull();
  });

  it("is why the server would refuse the photo", () => {
    const refused = { ...look, facts: null, problem: problemOf({ status: 422 }) };
    expect(foresightOf(photoOf({ look: refused }), OPTIONS, false).problem).toEqual(refused.problem);
    expect(foresightOf(photoOf({ look: refused }), other, true).problem).toBeNull();
  });
});

it("strengths are unplaced when they belong to faces of other boxes", () => {
  const faces = { key: "none", places: [] };
  expect(isUnplaced(photoOf({ faces, overrides: { none: { 0: 0 } } }), "none [[1,2,3,4]]")).toBe(true);
  expect(isUnplaced(photoOf({ faces, overrides: { none: {} } }), "none [[1,2,3,4]]")).toBe(false);
  expect(isUnplaced(photoOf({ faces, overrides: { none: { 0: 0 } } }), "none")).toBe(false);
  expect(isUnplaced(photoOf({ overrides: { none: { 0: 0 } } }), "none")).toBe(false);
});

describe("the faces that are shown", () => {
  const found = [faceOf({ score: 0.1 })];

  it("are those of the look before there is a result, also if it was asked otherwise", () => {
    const look = lookOf({ faces: found });
    expect(shownFaces(photoOf({ look }), OPTIONS)).toEqual({ faces: found, key: "none", look, isCurrent: true });
    expect(shownFaces(photoOf({ look, boxes: BOXES }), OPTIONS)).toEqual({
      faces: found,
      key: "none",
      look,
      isCurrent: false,
    });
    expect(shownFaces(photoOf(), OPTIONS)).toEqual({ faces: [], key: "none", look: null, isCurrent: false });
  });

  it("are those of the result, until a look finds others with other boxes", () => {
    const result = resultOf();
    const { faces } = result.facts;
    expect(shownFaces(photoOf({ result, look: lookOf({ faces: found }) }), OPTIONS)).toMatchObject({
      faces,
      look: null,
    });
    const look = lookOf({ faces: found }, { boxes: BOXES });
    expect(shownFaces(photoOf({ result, boxes: BOXES }), OPTIONS)).toEqual({
      faces,
      key: "none",
      look: null,
      isCurrent: false,
    });
    const marked = facesKey(OPTIONS, BOXES);
    expect(shownFaces(photoOf({ result, boxes: BOXES, look }), OPTIONS)).toMatchObject({
      faces: found,
      key: marked,
      look,
    });
  });
});

describe("the strength of a face", () => {
  const kept = faceOf({ action: "kept", strength: 0 });

  it("is its own, or the one for all, or none for a face that is left", () => {
    expect(strengthOf(0, faceOf(), lookOf(), {}, 0.8)).toBe(0.8);
    expect(strengthOf(0, faceOf(), lookOf(), { 0: 0.3 }, 0.8)).toBe(0.3);
    expect(strengthOf(0, kept, lookOf(), {}, 0.8)).toBe(0);
  });

  it("is the one for all again at once when a person takes back that a face is left", () => {
    expect(strengthOf(0, kept, lookOf({}, { overrides: { 0: 0 } }), {}, 0.8)).toBe(0.8);
  });
});

it("notices are those about the work, in plain words", () => {
  const warnings = [
    { code: "no_face_detected", message: "No face was found." },
    { code: "lpips_unavailable", message: "LPIPS was not measured." },
    { code: "identity_unavailable", message: "Identity is unknown." },
    { code: "deadline_too_short", message: "It would take longer than the 60 s that this server allows." },
    { code: "face_boxes_known", message: "1 of the face_boxes add no face." },
  ];
  expect(noticesOf(dryRunOf({ warnings }), wordsIn("en", ENGLISH)).map(({ message }) => message)).toEqual([
    "It would take longer than the 60 s that this server allows.",
    "A face that you marked was found already, so your box adds no other.",
  ]);
});
