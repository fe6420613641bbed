// @vitest-environment node
import { describe, expect, it } from "vitest";
import { CONFIG, EARLIER, OPTIONS } from "@/test/samples";
import { allowedOptions } from "./options";
import { presetIn, presetsOf } from "./presets";

const PRESETS = presetsOf(CONFIG);
const namesOf = (presets: typeof PRESETS) => presets.map(({ name }) => name);

describe("presetsOf", () => {
  it("offers three starting points", () => {
    expect(namesOf(PRESETS)).toEqual(["For the screen", "For the archive", "As the photo"]);
  });

  it("offers only those that the server takes as they are", () => {
    expect(namesOf(presetsOf(EARLIER))).toEqual(["For the screen"]);
    const choices = { ...CONFIG.choices, metadata: ["none"] };
    expect(namesOf(presetsOf({ ...CONFIG, choices }))).toEqual(["For the screen"]);
  });

  it("never keeps the location", () => {
    for (const { options } of PRESETS) expect(options.keep_location).toBe(false);
  });
});

describe("presetIn", () => {
  it.each(PRESETS)("finds $name after it was chosen, whatever was chosen before", (preset) => {
    for (const before of [OPTIONS, ...PRESETS.map(({ options }) => ({ ...OPTIONS, ...options }))]) {
      const chosen = { ...before, strength: 0.5, ...preset.options };
      expect(allowedOptions(chosen, CONFIG)).toEqual(chosen);
      expect(presetIn(chosen, PRESETS)).toBe(preset);
    }
  });

  it("finds none once an option of it was changed", () => {
    expect(presetIn(OPTIONS, PRESETS)).toBeNull();
    for (const { options } of PRESETS) {
      for (const change of [
        { color_profile: options.color_profile === "keep" ? "srgb" : "keep" },
        { metadata: null },
      ]) {
        expect(presetIn({ ...OPTIONS, ...options, ...change } as typeof OPTIONS, PRESETS)).toBeNull();
      }
    }
  });

  it("keeps the size of the archive as it was chosen", () => {
    const archive = PRESETS[1]?.options;
    for (const size of [{ upscale_factor: 4 }, { long_side: 3000 }]) {
      expect(presetIn({ ...OPTIONS, ...archive, ...size }, PRESETS)?.name).toBe("For the archive");
    }
  });
});
