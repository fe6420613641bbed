import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Config } from "@/api/types";
import { CONFIG, LOADING, WITHOUT_RECOGNISER } from "@/test/samples";
import { canProtect, DEFAULTS, offered, remember, remembered, type Options } from "./options";

const KEY = "likeness.options";
const OTHER: Options = {
  upscale_factor: 4,
  strength: 0.5,
  faces: "largest",
  identity_policy: "protect",
  color_correction: "auto",
  output_format: "webp",
  quality: 80,
  restorer: "second",
};

describe("remembered", () => {
  it("is what was chosen here last", () => {
    remember(OTHER);
    expect(remembered()).toEqual(OTHER);
  });

  it("is the defaults where nothing was", () => {
    expect(remembered()).toEqual(DEFAULTS);
  });

  it.each(["", "null", "5", "[1,2]", "{", '"text"', '{"strength":"much","faces":7,"colour":"red","quality":null}'])(
    "is the defaults where somebody else wrote %s",
    (text) => {
      localStorage.setItem(KEY, text);
      expect(remembered()).toEqual(DEFAULTS);
    },
  );

  it("takes from a text of another version what it knows", () => {
    localStorage.setItem(KEY, JSON.stringify({ quality: 70, sharpness: 3, strength: "much" }));
    expect(remembered()).toEqual({ ...DEFAULTS, quality: 70 });
  });

  it("is the defaults where the browser keeps nothing, and then remembering does no harm", () => {
    const refuse = () => {
      throw new DOMException("denied", "SecurityError");
    };
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(refuse);
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(refuse);
    expect(() => remember(OTHER)).not.toThrow();
    expect(remembered()).toEqual(DEFAULTS);
  });
});

describe("offered", () => {
  const full: Config = { ...CONFIG, choices: { ...CONFIG.choices, restorer: ["first", "second"] } };

  it("leaves what the server offers", () => {
    expect(offered(OTHER, full)).toEqual(OTHER);
  });

  it("falls back where the server offers less", () => {
    const less = {
      ...full,
      limits: {
        ...full.limits,
        upscale_factor: [1, 2] as [number, number],
        strength: [0.8, 1] as [number, number],
        quality: [90, 100] as [number, number],
      },
      choices: {
        ...full.choices,
        faces: ["all"],
        color_correction: ["none"],
        output_format: ["png"],
        restorer: ["first"],
      },
      identity_recogniser: null,
    };
    expect(offered(OTHER, less)).toEqual(DEFAULTS);
  });

  it("keeps the likeness only where the server can tell people apart", () => {
    expect(canProtect(CONFIG)).toBe(true);
    expect(canProtect(LOADING)).toBe(true); // it says which model it will have
    expect(canProtect(WITHOUT_RECOGNISER)).toBe(false);
    expect(offered({ ...DEFAULTS, identity_policy: "protect" }, LOADING).identity_policy).toBe("protect");
    expect(offered({ ...DEFAULTS, identity_policy: "protect" }, WITHOUT_RECOGNISER).identity_policy).toBe("warn");
  });

  it("never asks for what the server does not offer, whatever was stored", () => {
    const value = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null));
    const names = Object.keys(DEFAULTS) as (keyof Options)[];
    fc.assert(
      fc.property(fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] }), (stored) => {
        localStorage.setItem(KEY, JSON.stringify(stored));
        const options = offered(remembered(), full);
        for (const name of ["upscale_factor", "strength", "quality"] as const) {
          expect(options[name]).toBeGreaterThanOrEqual(full.limits[name][0]);
          expect(options[name]).toBeLessThanOrEqual(full.limits[name][1]);
        }
        for (const name of ["faces", "identity_policy", "color_correction", "output_format"] as const) {
          expect(full.choices[name]).toContain(options[name]);
        }
        expect([null, "first", "second"]).toContain(options.restorer);
      }),
    );
  });
});
