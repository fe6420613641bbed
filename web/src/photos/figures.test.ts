// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Facts, Metrics } from "@/api/types";
import { CONFIG, EARLIER, factsOf, OPTIONS, WITHOUT_RECOGNISER } from "@/test/samples";
import { ENGLISH } from "@/words/messages";
import { plainMessage } from "./notices";
import { wordsIn } from "@/words/words";
import { figuresOf, likeness, likenessInWords, otherWarnings, scaleOf, whyNone, type Scale } from "./figures";

const t = wordsIn("en", ENGLISH);
const WHY = "This is why.";
const SCALE: Scale = { threshold: 0.5, recogniser: "own-faces" };
const KNOWN: Metrics = { psnr: 31.54, ssim: 0.9123, lpips: 0.081, identity_similarity: 0.923, reference: "input" };

const figure = (name: string, facts: Facts) => figuresOf(facts, SCALE, t).find((one) => one.name === name);
const measured = (metrics: Partial<Metrics>, warnings: Facts["warnings"] = []) =>
  factsOf({ metrics: { ...KNOWN, ...metrics }, warnings });

describe("figuresOf", () => {
  it("gives each figure with its unit, meaning and explanation", () => {
    const figures = figuresOf(measured({}), SCALE, t);
    expect(figures.map(({ name, value }) => [name, value])).toEqual([
      ["PSNR", "31.5 dB"],
      ["SSIM", "0.912"],
      ["LPIPS", "0.081"],
      ["Identity", "0.92"],
    ]);
    for (const { meaning, explanation } of figures) {
      expect(meaning).not.toBe("");
      expect(explanation).toMatch(/\.$/);
    }
  });

  it.each([
    ["PSNR", [{ psnr: 45 }, { psnr: 40 }, { psnr: 33 }, { psnr: 27 }, { psnr: 5 }]],
    ["SSIM", [{ ssim: 1 }, { ssim: 0.97 }, { ssim: 0.95 }, { ssim: 0.8 }, { ssim: -0.1 }]],
    ["LPIPS", [{ lpips: 0 }, { lpips: 0.04 }, { lpips: 0.1 }, { lpips: 0.2 }, { lpips: 0.9 }]],
  ] as const)("has words for every value of %s", (name, values) => {
    const words = values.map((metrics) => figure(name, measured(metrics))?.meaning);
    expect(words[0]).toBe(words[1]);
    expect(new Set(words).size).toBe(4);
    expect(words).not.toContain("");
  });

  it.each([
    ["PSNR", { psnr: null }, "psnr_identical"],
    ["SSIM", { ssim: null }, "ssim_too_small"],
    ["LPIPS", { lpips: null }, "lpips_unavailable"],
    ["LPIPS", { lpips: null }, "lpips_too_small"],
    ["Identity", { identity_similarity: null }, "identity_unavailable"],
    ["Identity", { identity_similarity: null }, "no_face_detected"],
    ["Identity", { identity_similarity: null }, "no_face_restored"],
  ] as const)("explains an unknown %s (%j) by the warning %s", (name, metrics, code) => {
    const facts = measured(metrics, [
      { code: "other_thing", message: "Something else." },
      { code, message: WHY },
    ]);
    expect(figure(name, facts)).toMatchObject({ value: null, meaning: plainMessage({ code, message: WHY }, t) });
  });

  it("finds the warning of each failed figure", () => {
    const facts = measured({ ssim: null, lpips: null }, [
      { code: "metric_failed", message: "LPIPS could not be measured (MemoryError)." },
      { code: "metric_failed", message: "SSIM could not be measured (ValueError)." },
    ]);
    expect(figure("SSIM", facts)?.meaning).toContain("ValueError");
    expect(figure("LPIPS", facts)?.meaning).toContain("MemoryError");
  });

  it("says that figures were not asked for, or have no reason", () => {
    expect(figure("PSNR", factsOf({ metrics: null }))).toMatchObject({
      value: null,
      meaning: "The figures were not asked for.",
    });
    expect(figure("PSNR", measured({ psnr: null }))).toMatchObject({
      value: null,
      meaning: "The server did not say why.",
    });
  });
});

it("says why there are no figures at all", () => {
  expect(whyNone({ ...OPTIONS, preset: "fast" }, CONFIG, t)).toBe("No figures: “Fast” leaves them out to save time.");
  expect(whyNone(OPTIONS, CONFIG, t)).toBe("The figures were not asked for.");
  expect(whyNone({ ...OPTIONS, preset: "fast" }, EARLIER, t)).toBe("The figures were not asked for.");
});

describe("otherWarnings", () => {
  it("leaves out only the reasons of unknown figures", () => {
    const unavailable = { code: "identity_unavailable", message: "Identity is unknown." };
    const unprotected = { code: "identity_not_protected", message: "The likeness could not be protected." };
    const facts = measured({ identity_similarity: null }, [unprotected, unavailable]);
    expect(otherWarnings(facts)).toEqual([unprotected]);
    expect(otherWarnings(measured({}, [unavailable]))).toEqual([unavailable]);
  });
});

describe("likeness", () => {
  const below = (threshold: number): Scale => ({ ...SCALE, threshold });

  it("changes at the server's threshold", () => {
    expect(likeness(0.49, below(0.5), t)).toBe("may be taken for another person");
    expect(likeness(0.5, below(0.5), t)).toBe("same person");
    expect(likeness(0.8, below(0.5), t)).toBe("same person, clearly");
    expect(likeness(0.49, below(0.3), t)).toBe("same person");
    expect(likeness(-0.1, below(0), t)).toBe("may be taken for another person");
  });

  it("does not judge without a threshold", () => {
    expect(likeness(0.9, { ...SCALE, threshold: null }, t)).toMatch(/did not say/);
  });
});

describe("the scale", () => {
  const by = (recogniser: string) => factsOf({ models: { detector: "mtcnn", recogniser } });

  it("is that of the recogniser that measured, with the server's threshold", () => {
    expect(scaleOf(by("own-faces"), CONFIG)).toEqual(SCALE);
    expect(scaleOf(factsOf({ models: { detector: "mtcnn" } }), CONFIG)).toEqual(SCALE);
    expect(scaleOf(by("own-faces"), { ...CONFIG, identity_threshold: 0 })).toEqual({ ...SCALE, threshold: 0 });
  });

  it("has no threshold for another recogniser than the config's", () => {
    const unknown = { threshold: null, recogniser: "other-faces" };
    expect(scaleOf(by("other-faces"), CONFIG)).toEqual(unknown);
    expect(scaleOf(by("other-faces"), WITHOUT_RECOGNISER)).toEqual(unknown);
  });

  it("is empty without a recogniser", () => {
    const none = { threshold: null, recogniser: null };
    expect(scaleOf(factsOf({ models: {} }), WITHOUT_RECOGNISER)).toEqual(none);
  });

  it("is described in words", () => {
    const words = (scale: Scale) => likenessInWords(0.923, scale, t);
    expect(words(SCALE)).toBe("Likeness 0.92: same person from 0.50 on, by own-faces.");
    expect(words({ ...SCALE, threshold: -0.12 })).toBe("Likeness 0.92: same person from -0.12 on, by own-faces.");
    expect(words({ ...SCALE, threshold: null })).toBe("Likeness 0.92: measured by own-faces.");
    expect(words({ threshold: null, recogniser: null })).toBeNull();
  });

  it("is part of the figure's explanation", () => {
    const explained = (scale: Scale) =>
      figuresOf(measured({}), scale, t).find(({ name }) => name === "Identity")?.explanation;
    expect(explained(SCALE)).toContain("face recogniser: same person from 0.50 on, by own-faces. The lowest");
    expect(explained({ threshold: null, recogniser: null })).toContain("face recogniser. The lowest");
  });
});
