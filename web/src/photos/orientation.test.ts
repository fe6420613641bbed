// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orientationOf } from "./orientation";

const bytesOf = (text: string) => [...text].map((character) => character.charCodeAt(0));
const long = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];

/** A WebP file with these chunks. */
function webp(...chunks: [name: string, data: number[]][]): ArrayBuffer {
  const body = chunks.flatMap(([name, data]) => [
    ...bytesOf(name),
    ...long(data.length),
    ...data,
    ...(data.length % 2 ? [0] : []),
  ]);
  return new Uint8Array([...bytesOf("RIFF"), ...long(body.length + 4), ...bytesOf("WEBP"), ...body]).buffer;
}

/** Exif data with one entry before the orientation. */
function tiff(orientation: number, isLittle = true, tag = 0x0112): number[] {
  const short = (value: number) => (isLittle ? [value & 255, value >> 8] : [value >> 8, value & 255]);
  const four = (value: number) => (isLittle ? long(value) : long(value).reverse());
  const entry = (name: number, value: number) => [...short(name), ...short(3), ...four(1), ...short(value), 0, 0];
  return [
    ...bytesOf(isLittle ? "II" : "MM"),
    ...short(42),
    ...four(8),
    ...short(2),
    ...entry(0x0100, 5),
    ...entry(tag, orientation),
    ...four(0),
  ];
}

describe("orientationOf", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("reads %i, in both byte orders, with and without a prefix", (orientation) => {
    for (const isLittle of [true, false]) {
      const data = tiff(orientation, isLittle);
      expect(orientationOf(webp(["VP8X", [0, 0, 0]], ["EXIF", data]))).toBe(orientation);
      expect(orientationOf(webp(["EXIF", [...bytesOf("Exif\0\0"), ...data]]))).toBe(orientation);
    }
  });

  it.each([
    ["no Exif data", webp(["VP8 ", [1, 2, 3]])],
    ["no orientation in the Exif data", webp(["EXIF", tiff(6, true, 0x0110)])],
    ["an invalid orientation", webp(["EXIF", tiff(9)])],
    ["less data than stated", webp(["EXIF", tiff(6).slice(0, 30)])],
    ["an empty file", new ArrayBuffer(0)],
  ])("is 1 if there is %s", (_what, file) => {
    expect(orientationOf(file)).toBe(1);
  });

  it("is valid for any bytes", () => {
    const chunk = fc.tuple(fc.constantFrom("EXIF", "VP8 "), fc.array(fc.nat(255), { maxLength: 60 }));
    const file = fc.oneof(
      fc.array(chunk as fc.Arbitrary<[string, number[]]>, { maxLength: 3 }).map((chunks) => webp(...chunks)),
      fc.uint8Array({ maxLength: 80 }).map((bytes) => new Uint8Array(bytes).buffer),
    );
    fc.assert(
      fc.property(file, (bytes) => {
        expect([1, 2, 3, 4, 5, 6, 7, 8]).toContain(orientationOf(bytes));
      }),
    );
  });
});
