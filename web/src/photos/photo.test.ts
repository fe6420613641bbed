// @vitest-environment node
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CONFIG, fileOf, OPTIONS, photoOf, PNG, requestOf, resultOf } from "@/test/samples";
import type { Options } from "./options";
import { facesKey, formOf, isBusy, isOutdated, isRetrying, requestFor, type Request } from "./photo";

const file = fileOf(PNG, "portrait.png");

function fieldsOf(request: Partial<Request>): Record<string, FormDataEntryValue> {
  return Object.fromEntries(formOf({ file }, requestOf(request)));
}

describe("requestFor", () => {
  it.each([
    [1, {}, true],
    [0, {}, false],
    [0, { 0: 0 }, false],
    [0, { 0: 0, 1: 0.4 }, true],
  ])("with strength %d and overrides %j asks for a face: %j", (strength, overrides, requires) => {
    const options = { ...OPTIONS, strength };
    const photo = photoOf({ overrides: { [facesKey(options, [])]: overrides } });
    expect(requestFor(photo, options).requireFace).toBe(requires);
    expect(requestFor({ ...photo, requireFace: false }, options).requireFace).toBe(false);
  });
});

describe("formOf", () => {
  it("has the address of a photo in place of a file", () => {
    const address = "https://example.org/oma.jpg";
    const form = formOf({ address }, requestOf());
    expect(form.get("url")).toBe(address);
    expect(form.has("file")).toBe(false);
  });

  it("has the photo and the options, and nothing else", () => {
    const { file: sent, ...fields } = fieldsOf({});
    expect((sent as File).name).toBe("portrait.png");
    expect(fields).toEqual({
      upscale_factor: "2",
      strength: "1",
      faces: "all",
      identity_policy: "warn",
      color_correction: "none",
      output_format: "png",
      require_face: "true",
    });
  });

  it.each(["jpeg", "webp", "avif", "same"] as const)("has the quality of a %s", (output_format) => {
    expect(fieldsOf({ options: { ...OPTIONS, output_format, quality: 80 } })).toMatchObject({
      output_format,
      quality: "80",
    });
  });

  it.each<[string, Partial<Options>, string[]]>([
    ["a factor", { upscale_factor: 4 }, ["upscale_factor"]],
    ["a long side", { upscale_factor: 4, long_side: 1200 }, ["long_side"]],
  ])("has one size: %s", (_what, options, names) => {
    const fields = fieldsOf({ options: { ...OPTIONS, ...options } });
    const sizes = ["upscale_factor", "width", "height", "long_side"];
    expect(Object.keys(fields).filter((name) => sizes.includes(name))).toEqual(names);
  });

  const ALL: Partial<Options> = { lossless: true, bit_depth: "16", color_profile: "keep", metadata: "keep" };
  const PROFILE = { color_profile: "keep", metadata: "keep" };

  it.each<[Options["output_format"], Record<string, string>]>([
    ["png", { ...PROFILE, bit_depth: "16" }],
    ["tiff", { ...PROFILE, bit_depth: "16" }],
    ["jpeg", { ...PROFILE, quality: "95" }],
    ["avif", { ...PROFILE, quality: "95" }],
    ["webp", { ...PROFILE, lossless: "true" }],
    ["same", { ...PROFILE, quality: "95" }],
  ])("has of the file's options those of a %s", (output_format, ofTheFile) => {
    const plain = fieldsOf({ options: { ...OPTIONS, output_format: "png" } });
    const fields = fieldsOf({ options: { ...OPTIONS, ...ALL, output_format } });
    expect(fields).toEqual({ ...plain, file: fields.file, output_format, ...ofTheFile });
  });

  it("keeps the location only with the camera data", () => {
    const keep_location = true;
    expect(fieldsOf({ options: { ...OPTIONS, metadata: "keep", keep_location } })).toMatchObject({
      metadata: "keep",
      keep_location: "true",
    });
    expect(fieldsOf({ options: { ...OPTIONS, metadata: "keep" } })).not.toHaveProperty("keep_location");
    expect(fieldsOf({ options: { ...OPTIONS, keep_location } })).not.toHaveProperty("keep_location");
  });

  it("has the strengths of single faces as JSON", () => {
    const { face_overrides } = fieldsOf({ overrides: { 0: 0, 2: 0.5 } });
    expect(JSON.parse(String(face_overrides))).toEqual({ "0": 0, "2": 0.5 });
  });

  it("has the boxes around faces as JSON", () => {
    const { face_boxes } = fieldsOf({ boxes: [[120, 80, 210, 200]] });
    expect(JSON.parse(String(face_boxes))).toEqual([[120, 80, 210, 200]]);
    expect(fieldsOf({})).not.toHaveProperty("face_boxes");
  });

  it.each(["fast", "best"] as const)("has the preset %s, and no field that it sets", (preset) => {
    const plain = fieldsOf({});
    const fields = fieldsOf({ options: { ...OPTIONS, preset } });
    expect(fields).toEqual({ ...plain, file: fields.file, preset });
    const ruled = Object.values(CONFIG.presets).flatMap((one) => [...Object.keys(one.fields), "restorer", "upscaler"]);
    expect(Object.keys(fields).filter((name) => ruled.includes(name))).toEqual([]);
  });

  it("has another restorer, and that no face is required", () => {
    const fields = fieldsOf({ options: { ...OPTIONS, restorer: "second" }, requireFace: false });
    expect(fields).toMatchObject({ restorer: "second", require_face: "false" });
  });

  it("has only fields of the API", () => {
    const document = JSON.parse(readFileSync(new URL("../../openapi.json", import.meta.url), "utf8"));
    const known = Object.keys(document.components.schemas.EnhanceForm.properties);
    const options: Options = {
      ...OPTIONS,
      ...ALL,
      keep_location: true,
      preset: "best",
      restorer: "second",
      long_side: 1200,
    };
    const formats = ["png", "webp", "jpeg"] as const;
    const sent = [OPTIONS, ...formats.map((output_format) => ({ ...options, output_format }))].flatMap((chosen) =>
      Object.keys(fieldsOf({ options: chosen, overrides: { 0: 0 }, boxes: [[0, 0, 20, 20]] })),
    );
    expect(
      sent.filter((name) => !known.includes(name)),
      "unknown to web/openapi.json, which `make web-api` makes",
    ).toEqual([]);
  });
});

describe("isOutdated", () => {
  const png = resultOf();
  const jpeg = resultOf({}, { ...OPTIONS, output_format: "jpeg" });

  it("is true without a result, and false right after it", () => {
    expect(isOutdated(photoOf(), OPTIONS)).toBe(true);
    expect(isOutdated(photoOf({ result: png }), OPTIONS)).toBe(false);
  });

  it("is true after a change of any option", () => {
    const changes: Partial<Options>[] = [
      { upscale_factor: 3 },
      { strength: 0.5 },
      { faces: "largest" },
      { identity_policy: "protect" },
      { color_correction: "auto" },
      { output_format: "webp" },
      { bit_depth: "16" },
      { color_profile: "keep" },
      { metadata: "keep" },
      { preset: "fast" },
      { long_side: 1200 },
      { restorer: "second" },
    ];
    for (const change of changes) expect(isOutdated(photoOf({ result: png }), { ...OPTIONS, ...change })).toBe(true);
  });

  it("depends on the quality only for formats that have one", () => {
    expect(isOutdated(photoOf({ result: png }), { ...OPTIONS, quality: 50 })).toBe(false);
    expect(isOutdated(photoOf({ result: jpeg }), { ...jpeg.request.options, quality: 50 })).toBe(true);
  });

  it("does not depend on what is not sent", () => {
    expect(isOutdated(photoOf({ result: png }), { ...OPTIONS, lossless: true })).toBe(false);
    expect(isOutdated(photoOf({ result: jpeg }), { ...jpeg.request.options, bit_depth: "16" })).toBe(false);
    const sized = resultOf({}, { ...OPTIONS, long_side: 500 });
    expect(isOutdated(photoOf({ result: sized }), { ...OPTIONS, long_side: 500, upscale_factor: 4 })).toBe(false);
  });

  it("depends on the overrides of this colour correction, and on requireFace", () => {
    expect(isOutdated(photoOf({ result: png, overrides: { none: { 0: 0.5 } } }), OPTIONS)).toBe(true);
    expect(isOutdated(photoOf({ result: png, overrides: { auto: { 0: 0.5 } } }), OPTIONS)).toBe(false);
    expect(isOutdated(photoOf({ result: png, requireFace: false }), OPTIONS)).toBe(true);
  });

  it("does not depend on the order of choices", () => {
    const asked = { ...png, request: { ...png.request, overrides: { 2: 0.5, 0: 0 } } };
    const options = Object.fromEntries(Object.entries(OPTIONS).reverse()) as Options;
    expect(isOutdated(photoOf({ result: asked, overrides: { none: { 0: 0, 2: 0.5 } } }), options)).toBe(false);
  });
});

it("requests the overrides of the boxes that are drawn", () => {
  const boxes = [[0, 0, 20, 20]] as const;
  const photo = photoOf({ boxes, overrides: { none: { 0: 0 }, [facesKey(OPTIONS, boxes)]: { 1: 0.5 } } });
  expect(requestFor(photo, OPTIONS)).toMatchObject({ boxes, overrides: { 1: 0.5 } });
  expect(isOutdated({ ...photo, overrides: {}, result: resultOf() }, OPTIONS)).toBe(true);
});

it("requests the overrides of the chosen colour correction", () => {
  const photo = photoOf({ overrides: { none: { 0: 0 }, auto: { 1: 0.5 } } });
  expect(requestFor(photo, OPTIONS).overrides).toEqual({ 0: 0 });
  expect(requestFor(photo, { ...OPTIONS, color_correction: "auto" }).overrides).toEqual({ 1: 0.5 });
  expect(requestFor(photoOf(), OPTIONS).overrides).toEqual({});
});

it("is busy from the click to the end, and between two tries", () => {
  const progress = { phase: "uploading", fraction: 0 } as const;
  const problem = { message: "", code: "", status: 503, stage: null, requestId: null, retryAfter: 1 };
  expect(isBusy(photoOf())).toBe(false);
  expect(isBusy(photoOf({ work: { phase: "waiting", tries: 0 } }))).toBe(true);
  expect(isBusy(photoOf({ work: { phase: "active", tries: 1, since: 0, progress } }))).toBe(true);
  expect(isBusy(photoOf({ work: { phase: "failed", tries: 1, problem, retryAt: 5 } }))).toBe(true);
  expect(isBusy(photoOf({ work: { phase: "failed", tries: 1, problem, retryAt: null } }))).toBe(false);
  expect(isRetrying(photoOf({ work: { phase: "failed", tries: 1, problem, retryAt: 5 } }))).toBe(true);
});
