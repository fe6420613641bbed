// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Config } from "@/api/types";
import { CONFIG, EARLIER, OPTIONS } from "@/test/samples";
import { ENGLISH } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { presetsOf, qualityInWords, restorerOf, usesNetwork } from "./quality";

const t = wordsIn("en", ENGLISH);

/** A server with the official models, which uses its own by default. */
const OFFICIAL: Config = {
  ...CONFIG,
  choices: { ...CONFIG.choices, restorer: ["compact", "gfpgan-v1.4"], upscaler: ["compact-x2", "realesrgan-x2plus"] },
  presets: {
    ...CONFIG.presets,
    best: { fields: { self_ensemble: true }, models: ["gfpgan-v1.4", "realesrgan-x2plus"] },
  },
};

const words = (preset: typeof OPTIONS.preset, config: Config, restorer: string | null = null) =>
  qualityInWords({ preset, restorer, upscaler: null, background: null }, config, t);

describe("qualityInWords", () => {
  it.each([
    ["fast", CONFIG, "Without figures. Around the faces only enlarged, not sharpened."],
    ["balanced", CONFIG, "The server’s usual way"],
    ["best", CONFIG, "Looks eight times at every part: slower."],
    [
      "best",
      OFFICIAL,
      "Looks eight times at every part: slower. Faces by gfpgan-v1.4. Enlarges with realesrgan-x2plus.",
    ],
    ["best", { ...OFFICIAL, models: {} }, "Looks eight times at every part: slower. Faces by gfpgan-v1.4."],
    ["balanced", EARLIER, "The server’s usual way"],
  ] as const)("says what %s sets", (preset, config, text) => {
    expect(words(preset, config)).toBe(text);
  });

  it("does not name the preset's restorer where another was chosen", () => {
    expect(words("best", OFFICIAL, "compact")).not.toContain("Faces by");
  });

  it("does not say of a preset what a person chose otherwise", () => {
    const own = { preset: "fast", restorer: null, upscaler: null, background: "upscale" } as const;
    expect(qualityInWords(own, CONFIG, t)).toBe("Without figures.");
    const chosen = { ...own, preset: "best", upscaler: "compact-x2", background: null } as const;
    expect(qualityInWords(chosen, OFFICIAL, t)).not.toContain("Enlarges with");
  });

  it("names a field that it has no words for", () => {
    const presets = { best: { fields: { color_lock: false }, models: [] } };
    expect(words("best", { ...CONFIG, presets })).toBe("color lock: false.");
  });
});

describe("restorerOf", () => {
  it("is the chosen one, else the preset's, else the server's", () => {
    expect(restorerOf({ preset: "best", restorer: "compact" }, OFFICIAL)).toBe("compact");
    expect(restorerOf({ preset: "best", restorer: null }, OFFICIAL)).toBe("gfpgan-v1.4");
    expect(restorerOf({ preset: "balanced", restorer: null }, OFFICIAL)).toBe("compact");
    expect(restorerOf({ preset: "best", restorer: null }, EARLIER)).toBe("compact");
  });

  it("is never one that the server does not offer", () => {
    const choices = { ...OFFICIAL.choices, restorer: ["compact"] };
    expect(restorerOf({ preset: "best", restorer: null }, { ...OFFICIAL, choices })).toBe("compact");
  });
});

it.each([
  ["balanced", null, true],
  ["fast", null, false],
  ["fast", "upscale", true],
  ["balanced", "resample", false],
] as const)("knows with %s and %j whether a network works around the faces: %j", (preset, background, uses) => {
  expect(usesNetwork({ ...OPTIONS, preset, background }, CONFIG)).toBe(uses);
});

it("finds no presets on a server of an earlier version", () => {
  expect(presetsOf(EARLIER)).toEqual({});
  expect(Object.keys(presetsOf(CONFIG))).toEqual(["fast", "balanced", "best"]);
});
