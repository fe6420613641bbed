// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileOf, JPEG, LIMITS, OPTIONS, PNG, WEBP } from "@/test/samples";
import { ENGLISH } from "@/words/messages";
import { said, wordsIn, type Message } from "@/words/words";
import type { Size } from "./photo";
import * as check from "./check";

const MEBIBYTE = 2 ** 20;
const HEIC = [0, 0, 0, 0x18, ...[..."ftypheic"].map((character) => character.charCodeAt(0))]; // not in `LIMITS`

const t = wordsIn("en", ENGLISH);
const inWords = (message: Message | null) => message && said(t, message);
const refusalOf = async (file: File, limits: typeof LIMITS) => inWords(await check.refusalOf(file, limits));
const sizeRefusalOf = (size: Size, limits: typeof LIMITS) => inWords(check.sizeRefusalOf(size, limits));
const obstacleOf = (...asked: Parameters<typeof check.obstacleOf>) => inWords(check.obstacleOf(...asked));

/** A file that reports this size, but has other contents. */
function longFile(size: number): File {
  return Object.defineProperty(fileOf(JPEG, "long.jpg"), "size", { value: size });
}

/** The numbers in a sentence, in order. */
const numbers = (sentence: string | null) =>
  [...(sentence ?? "").matchAll(/[\d.,]*\d/g)].map(([number]) => Number(number.replaceAll(",", "")));

describe("refusalOf", () => {
  it.each([
    ["JPEG", JPEG],
    ["PNG", PNG],
    ["WebP", WEBP],
  ])("accepts a %s with any name", async (_kind, bytes) => {
    expect(
      await refusalOf(fileOf([...bytes, ...Array<number>(20).fill(0)], "letter.txt", "text/plain"), LIMITS),
    ).toBeNull();
  });

  it.each([
    ["HEIC", HEIC],
    ["a GIF", [..."GIF89a"].map((character) => character.charCodeAt(0))],
    ["a RIFF with sound", [..."RIFF\0\0\0\0WAVEfmt "].map((character) => character.charCodeAt(0))],
    ["half a PNG's signature", PNG.slice(0, 4)],
    ["text", [65]],
  ])("refuses %s named as a JPEG", async (_kind, bytes) => {
    const refusal = await refusalOf(fileOf(bytes, "photo.jpg", "image/jpeg"), LIMITS);
    expect(refusal).toBe(
      "This is a file of another kind, whatever its name. Only these are accepted: JPEG, PNG, WebP.",
    );
  });

  it("refuses a type that this server does not accept, and names the accepted ones", async () => {
    expect(await refusalOf(fileOf(WEBP), { ...LIMITS, media_types: ["image/png"] })).toMatch(
      /Only these are accepted: PNG\.$/,
    );
  });

  it("refuses an empty file", async () => {
    expect(await refusalOf(fileOf([]), LIMITS)).toBe("This file is empty.");
  });

  it("accepts a file at the limit, and refuses a longer one", async () => {
    expect(await refusalOf(longFile(10 * MEBIBYTE), LIMITS)).toBeNull();
    expect(await refusalOf(longFile(12.25 * MEBIBYTE), LIMITS)).toBe(
      "This file has 12.3 MB; the server accepts at most 10 MB.",
    );
  });

  it("never shows a length that is not over the limit", async () => {
    const limit = fc.integer({ min: 1, max: 1000 }).map((tenths) => tenths / 10);
    await fc.assert(
      fc.asyncProperty(limit, fc.integer({ min: 1, max: 2 * MEBIBYTE }), async (max_upload_mb, more) => {
        const file = longFile(Math.floor(max_upload_mb * MEBIBYTE) + more);
        const [length, most] = numbers(await refusalOf(file, { ...LIMITS, max_upload_mb }));
        expect(most).toBe(max_upload_mb);
        expect(length).toBeGreaterThan(max_upload_mb);
      }),
    );
  });

  it("accepts any bytes, or refuses them with a sentence", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
        const refusal = await refusalOf(fileOf([...bytes]), LIMITS);
        expect(refusal === null || refusal.endsWith(".")).toBe(true);
      }),
    );
  });
});

describe("sizeRefusalOf", () => {
  it("accepts a photo at the limit, and refuses a larger one", () => {
    expect(sizeRefusalOf({ width: 5000, height: 5000 }, LIMITS)).toBeNull();
    expect(sizeRefusalOf({ width: 5000, height: 5001 }, LIMITS)).toBe(
      "This photo has 25.01 megapixels; the server accepts at most 25.",
    );
  });
});

describe("obstacleOf", () => {
  it("is null within the limits", () => {
    expect(obstacleOf({ width: 5000, height: 5000 }, OPTIONS, LIMITS)).toBeNull();
  });

  it("says that the enlarged photo has too many pixels, and what to do", () => {
    const obstacle = obstacleOf({ width: 5000, height: 4000 }, { ...OPTIONS, upscale_factor: 4 }, LIMITS);
    expect(obstacle).toContain("At ×4 this photo would have 320 megapixels; the server makes at most 100.");
    expect(obstacle).toContain("Choose a smaller size.");
  });

  it("says so of a long side too, which alone counts", () => {
    const size = { width: 3000, height: 4000 };
    expect(obstacleOf(size, { ...OPTIONS, upscale_factor: 8, long_side: 11_000 }, LIMITS)).toBeNull();
    expect(obstacleOf(size, { ...OPTIONS, upscale_factor: 1, long_side: 12_000 }, LIMITS)).toBe(
      "With a long side of 12000 pixels this photo would have 108 megapixels; the server makes at most 100. " +
        "Choose a smaller size.",
    );
  });

  it("names a side that is too long for the format", () => {
    const size = { width: 4000, height: 100 };
    const longer = { ...OPTIONS, long_side: 16_384 };
    expect(obstacleOf(size, longer, LIMITS)).toBeNull();
    expect(obstacleOf(size, { ...longer, output_format: "webp", long_side: 16_383 }, LIMITS)).toBeNull();
    expect(obstacleOf(size, { ...longer, output_format: "webp" }, LIMITS)).toBe(
      "With a long side of 16384 pixels this photo would have 16384 × 410 pixels; WebP files have at most 16383 " +
        "on a side. Choose a smaller size or another format.",
    );
    const avif = { ...OPTIONS, upscale_factor: 8, output_format: "avif" } as const;
    expect(obstacleOf({ width: 4096, height: 100 }, avif, LIMITS)).toBeNull();
    expect(obstacleOf({ width: 4097, height: 100 }, avif, LIMITS)).toMatch(/ AVIF files have at most 32768 on a side/);
    const long = { ...OPTIONS, upscale_factor: 8, output_format: "jpeg" } as const;
    expect(obstacleOf({ width: 8188, height: 100 }, long, LIMITS)).toMatch(/^At ×8 .* JPEG files have/);
  });
});

describe("too many pixels", () => {
  it("are found exactly, and the number shown is over the limit", () => {
    const most = fc.integer({ min: 1, max: 200 });
    const side = fc.integer({ min: 1, max: 30_000 });
    fc.assert(
      fc.property(most, side, side, fc.constantFrom(1, 2, 3, 4), (limit, width, height, factor) => {
        const limits = { ...LIMITS, max_input_megapixels: limit, max_output_megapixels: limit };
        for (const [sentence, pixels] of [
          [sizeRefusalOf({ width, height }, limits), width * height],
          [obstacleOf({ width, height }, { ...OPTIONS, upscale_factor: factor }, limits), width * height * factor ** 2],
        ] as const) {
          expect(sentence !== null).toBe(pixels > limit * 1e6);
          const [found = Infinity, named = limit] = numbers(sentence?.replace(/^At ×\d/, "") ?? null);
          expect(found).toBeGreaterThan(limit);
          expect(named).toBe(limit);
        }
      }),
    );
  });
});
