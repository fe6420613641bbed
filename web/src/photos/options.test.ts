import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Config } from "@/api/types";
import { CONFIG, EARLIER, LOADING, OPTIONS, WITHOUT_RECOGNISER } from "@/test/samples";
import { allowedOptions, canProtect, savedOptions, saveOptions, UNSAID, type Options } from "./options";

const KEY = "likeness.options";
const FULL: Config = {
  ...CONFIG,
  choices: { ...CONFIG.choices, restorer: ["first", "second"], upscaler: ["x2", "x4"] },
  denoisers: ["x4"],
};
const OTHER: Options = {
  upscale_factor: 4,
  strength: 0.5,
  faces: "largest",
  identity_policy: "protect",
  color_correction: "auto",
  output_format: "webp",
  quality: 80,
  lossless: true,
  bit_depth: "16",
  color_profile: "keep",
  metadata: "keep",
  keep_location: true,
  preset: "best",
  restorer: "second",
  long_side: 1200,
  background: "resample",
  upscaler: "x4",
  denoise_strength: 0.5,
  color_lock: false,
};

/** Options that may be left to the server. */
const NULLABLE = ["restorer", "upscaler", "background"];

describe("savedOptions", () => {
  it("returns what was last chosen in this browser", () => {
    saveOptions(OTHER);
    expect(savedOptions(FULL)).toEqual(OTHER);
  });

  it("returns null if nothing was saved", () => {
    expect(savedOptions(CONFIG)).toBeNull();
  });

  it.each(["", "null", "5", "[1,2]", "{", '"text"'])("returns null if the saved text is %s", (text) => {
    localStorage.setItem(KEY, text);
    expect(savedOptions(CONFIG)).toBeNull();
  });

  it.each(["{}", '{"strength":"much","faces":7,"colour":"red","quality":null}'])(
    "returns the server's defaults if the saved text is %s",
    (text) => {
      localStorage.setItem(KEY, text);
      expect(savedOptions(CONFIG)).toEqual(OPTIONS);
      const defaults = { ...CONFIG.defaults, strength: 0.7, faces: "center" };
      expect(savedOptions({ ...CONFIG, defaults })).toEqual({ ...OPTIONS, strength: 0.7, faces: "center" });
    },
  );

  it("keeps the known options of a text that another version saved", () => {
    localStorage.setItem(KEY, JSON.stringify({ quality: 70, sharpness: 3, strength: "much" }));
    expect(savedOptions(CONFIG)).toEqual({ ...OPTIONS, quality: 70 });
  });

  it("returns null if the browser stores nothing, and saving does not throw", () => {
    const refuse = () => {
      throw new DOMException("denied", "SecurityError");
    };
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(refuse);
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(refuse);
    expect(() => saveOptions(OTHER)).not.toThrow();
    expect(savedOptions(FULL)).toBeNull();
  });
});

describe("allowedOptions", () => {
  it("keeps what the server offers", () => {
    expect(allowedOptions(OTHER, FULL)).toEqual(OTHER);
  });

  it("uses the defaults where the server offers less", () => {
    const less = {
      ...FULL,
      limits: {
        ...FULL.limits,
        upscale_factor: [1, 2] as [number, number],
        strength: [0.8, 1] as [number, number],
        quality: [90, 100] as [number, number],
        long_side: [16, 1000] as [number, number],
      },
      choices: {
        ...FULL.choices,
        faces: ["all"],
        color_correction: ["none"],
        output_format: ["png"],
        restorer: ["first"],
        upscaler: ["x2"],
        background: ["upscale"],
        bit_depth: ["8"],
        color_profile: ["srgb"],
        metadata: ["none"],
        preset: ["balanced"],
      },
      defaults: Object.fromEntries(
        Object.entries(FULL.defaults).filter(([name]) => name !== "lossless" && name !== "color_lock"),
      ),
      denoisers: [],
      identity_recogniser: null,
    };
    expect(allowedOptions(OTHER, less)).toEqual(OPTIONS);
  });

  it("protects the likeness only if the server has a recogniser", () => {
    expect(canProtect(CONFIG)).toBe(true);
    expect(canProtect(LOADING)).toBe(true); // the server names its recogniser before it is loaded
    expect(canProtect(WITHOUT_RECOGNISER)).toBe(false);
    expect(allowedOptions({ identity_policy: "protect" }, LOADING).identity_policy).toBe("protect");
    expect(allowedOptions({ identity_policy: "protect" }, WITHOUT_RECOGNISER).identity_policy).toBe("warn");
  });

  it("has for an earlier server only what that one knows", () => {
    const first = { ...EARLIER.choices, restorer: ["first", "second"] };
    const { upscale_factor, strength, faces, identity_policy, color_correction, output_format, quality } = OTHER;
    const { background } = OTHER;
    expect(allowedOptions(OTHER, { ...EARLIER, choices: first })).toEqual({
      ...OPTIONS,
      ...{ upscale_factor, strength, faces, identity_policy, color_correction, output_format, quality },
      background,
      restorer: "second",
    });
    expect(allowedOptions({ output_format: "avif" }, EARLIER)).toEqual(OPTIONS);
  });

  it.each([
    [{ metadata: "keep", keep_location: true }, true],
    [{ metadata: "none", keep_location: true }, false],
    [{ keep_location: true }, false],
    [{ metadata: "keep", keep_location: "yes" }, false],
  ])("keeps the location only with the camera data: %j", (wanted, keeps) => {
    expect(allowedOptions(wanted, CONFIG).keep_location).toBe(keeps);
  });

  it.each([
    [16, 16],
    [32768, 32768],
    [15, null],
    [32769, null],
    [100.5, null],
    ["1200", null],
    [null, null],
  ])("takes %j as a long side: %j", (wanted, taken) => {
    expect(allowedOptions({ long_side: wanted }, CONFIG).long_side).toBe(taken);
  });

  it.each(["old_photo", "larger", "slow"])("has speeds only as presets, not %s", (preset) => {
    const choices = { ...CONFIG.choices, preset: [...(CONFIG.choices.preset ?? []), "old_photo", "larger"] };
    expect(allowedOptions({ preset }, { ...CONFIG, choices }).preset).toBe("balanced");
  });

  it("leaves noise only on a server that can", () => {
    expect(allowedOptions({ denoise_strength: 0.2 }, FULL).denoise_strength).toBe(0.2);
    expect(allowedOptions({ denoise_strength: 0.2 }, CONFIG).denoise_strength).toBe(1);
    expect(allowedOptions({ denoise_strength: 0.2 }, EARLIER).denoise_strength).toBe(1);
  });

  it("never returns a value that the server does not accept, whatever was saved", () => {
    const value = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null));
    const names = Object.keys(OPTIONS) as (keyof Options)[];
    fc.assert(
      fc.property(fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] }), (stored) => {
        const options = allowedOptions(stored, FULL);
        for (const name of ["upscale_factor", "strength", "quality", "denoise_strength"] as const) {
          expect(options[name]).toBeGreaterThanOrEqual(FULL.limits[name][0]);
          expect(options[name]).toBeLessThanOrEqual(FULL.limits[name][1]);
        }
        for (const [name, choices] of Object.entries(FULL.choices)) {
          if (name in OPTIONS && !NULLABLE.includes(name)) expect(choices).toContain(options[name as keyof Options]);
        }
        for (const name of ["lossless", "keep_location", "color_lock"] as const)
          expect(options[name]).toBeTypeOf("boolean");
        expect(options.keep_location && options.metadata === "none").toBe(false);
        expect(options.long_side === null || (options.long_side >= 16 && options.long_side <= 32768)).toBe(true);
        expect([null, "first", "second"]).toContain(options.restorer);
        expect([null, "x2", "x4"]).toContain(options.upscaler);
        expect([null, "upscale", "resample"]).toContain(options.background);
      }),
    );
  });
});

it("is tested with the defaults of the API's document", () => {
  const document = JSON.parse(readFileSync("openapi.json", "utf8"));
  const { properties } = document.components.schemas.EnhanceForm;
  const { restorer, long_side, upscaler, background, ...others } = OPTIONS;
  expect([restorer, long_side, upscaler, background]).toEqual([null, null, null, null]);
  expect(OPTIONS).toMatchObject(UNSAID); // so that leaving them out asks for the same
  for (const [name, value] of Object.entries(others)) expect([name, properties[name].default]).toEqual([name, value]);
});
