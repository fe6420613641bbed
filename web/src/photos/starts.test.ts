// @vitest-environment node
import { describe, expect, it } from "vitest";
import { CONFIG, EARLIER, OPTIONS } from "@/test/samples";
import { allowedOptions } from "./options";
import { startIn, startsOf } from "./starts";

const STARTS = startsOf(CONFIG);
const idsOf = (starts: typeof STARTS) => starts.map(({ id }) => id);

describe("startsOf", () => {
  it("offers three starting points", () => {
    expect(idsOf(STARTS)).toEqual(["screen", "archive", "photo"]);
  });

  it("offers only those that the server takes as they are", () => {
    expect(idsOf(startsOf(EARLIER))).toEqual(["screen"]);
    const choices = { ...CONFIG.choices, metadata: ["none"] };
    expect(idsOf(startsOf({ ...CONFIG, choices }))).toEqual(["screen"]);
  });

  it("never keeps the location", () => {
    for (const { options } of STARTS) expect(options.keep_location).toBe(false);
  });
});

describe("startIn", () => {
  it.each(STARTS)("finds $id after it was chosen, whatever was chosen before", (start) => {
    for (const before of [OPTIONS, ...STARTS.map(({ options }) => ({ ...OPTIONS, ...options }))]) {
      const chosen = { ...before, strength: 0.5, ...start.options };
      expect(allowedOptions(chosen, CONFIG)).toEqual(chosen);
      expect(startIn(chosen, STARTS)).toBe(start);
    }
  });

  it("finds none once an option of it was changed", () => {
    expect(startIn(OPTIONS, STARTS)).toBeNull();
    for (const { options } of STARTS) {
      for (const change of [
        { color_profile: options.color_profile === "keep" ? "srgb" : "keep" },
        { metadata: null },
      ]) {
        expect(startIn({ ...OPTIONS, ...options, ...change } as typeof OPTIONS, STARTS)).toBeNull();
      }
    }
  });

  it("keeps the size of the archive as it was chosen", () => {
    const archive = STARTS[1]?.options;
    for (const size of [{ upscale_factor: 4 }, { long_side: 3000 }]) {
      expect(startIn({ ...OPTIONS, ...archive, ...size }, STARTS)?.id).toBe("archive");
    }
  });
});
