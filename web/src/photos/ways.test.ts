// @vitest-environment node
import { describe, expect, it } from "vitest";
import { CONFIG, EARLIER, OPTIONS, WITH_WAYS, WITHOUT_RECOGNISER } from "@/test/samples";
import { allowedOptions, type Options } from "./options";
import { firstOptions, keepsGrain, optionsOf, wayIn, WAYS, waysOf, withGrain, withoutGrain } from "./ways";

/** A server with a network that can leave noise. */
const DENOISING = { ...WITH_WAYS, denoisers: ["general-x4"] };

const chosen = (way: (typeof WAYS)[number], config = WITH_WAYS, before: Options = OPTIONS) => ({
  ...before,
  ...optionsOf(way, config),
});

describe("waysOf", () => {
  it("offers those that are presets of the server", () => {
    expect(waysOf(WITH_WAYS)).toEqual(["old_photo", "sharper", "larger"]);
    expect(waysOf(CONFIG)).toEqual([]);
    expect(waysOf(EARLIER)).toEqual([]);
  });
});

describe("optionsOf", () => {
  it.each([
    ["old_photo", { color_correction: "auto" }],
    ["sharper", { strength: 0.65, identity_policy: "protect", restorer: "portrait-face" }],
    ["larger", { strength: 0 }],
  ] as const)("sets for %s what the server's preset says", (way, fields) => {
    expect(chosen(way)).toEqual({ ...OPTIONS, ...fields });
  });

  it("sets back what another way or a person has set", () => {
    const own: Options = { ...OPTIONS, faces: "largest", color_lock: false, background: "resample", strength: 0.2 };
    expect(chosen("old_photo", WITH_WAYS, own)).toEqual(chosen("old_photo"));
  });

  it("leaves size, file and speed as they are", () => {
    const own: Options = { ...OPTIONS, preset: "best", long_side: 1200, output_format: "jpeg", metadata: "keep" };
    expect(chosen("sharper", WITH_WAYS, own)).toEqual({ ...own, ...optionsOf("sharper", WITH_WAYS) });
  });

  it("sets nothing that the server does not take", () => {
    const { identity_recogniser, identity_threshold, models } = WITHOUT_RECOGNISER;
    const config = { ...WITH_WAYS, identity_recogniser, identity_threshold, models };
    for (const way of WAYS) expect(allowedOptions(chosen(way, config), config)).toEqual(chosen(way, config));
    const choices = { ...WITH_WAYS.choices, restorer: ["compact"] };
    expect(optionsOf("sharper", { ...WITH_WAYS, choices }).restorer).toBeNull();
  });
});

describe("wayIn", () => {
  it.each(WAYS)("finds %s after it was chosen, whatever the size and the file", (way) => {
    expect(wayIn({ ...chosen(way), upscale_factor: 4, output_format: "webp", preset: "fast" }, WITH_WAYS)).toBe(way);
  });

  it.each([
    { strength: 0.5 },
    { faces: "center" },
    { color_lock: false },
    { restorer: "compact" },
    { upscaler: "general-x4" },
    { color_correction: "none" },
    { identity_policy: "protect" },
  ] as Partial<Options>[])("finds none once a control was changed: %j", (change) => {
    expect(wayIn({ ...chosen("old_photo"), ...change }, WITH_WAYS)).toBeNull();
  });

  it("finds none on a server without them", () => {
    expect(wayIn(OPTIONS, CONFIG)).toBeNull();
  });
});

describe("grain", () => {
  it.each([
    ["no network, if the server has none that can leave it", WITH_WAYS, { background: "resample" }],
    ["a network that leaves it", DENOISING, { denoise_strength: 0, upscaler: "general-x4" }],
  ])("is kept by %s, and the way stays the same", (_what, config, fields) => {
    const kept = { ...chosen("old_photo", config), ...withGrain(config) };
    expect(kept).toMatchObject(fields);
    expect(keepsGrain(kept)).toBe(true);
    expect(wayIn(kept, config)).toBe("old_photo");
    const removed = { ...kept, ...withoutGrain("old_photo", config) };
    expect(keepsGrain(removed)).toBe(false);
    expect(removed).toEqual(chosen("old_photo", config));
  });
});

describe("firstOptions", () => {
  it("is an old photo, or the server's defaults where it has no ways", () => {
    expect(wayIn(firstOptions(WITH_WAYS), WITH_WAYS)).toBe("old_photo");
    expect(firstOptions(CONFIG)).toEqual(OPTIONS);
  });
});
