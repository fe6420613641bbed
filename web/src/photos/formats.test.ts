import { expect, it } from "vitest";
import { fileOf, JPEG, PNG, WEBP } from "@/test/samples";
import { acceptOf, FORMATS, mediaTypeOf } from "./formats";

it("knows each format by its first bytes, whatever the file's name", async () => {
  for (const [mediaType, bytes] of Object.entries({ "image/jpeg": JPEG, "image/png": PNG, "image/webp": WEBP })) {
    expect(await mediaTypeOf(fileOf(bytes, "photo.txt"))).toBe(mediaType);
  }
});

/** The start of a file that has this brand, and is compatible with these. */
const branded = (brand: string, ...others: string[]) =>
  `\0\0\0\x20ftyp${brand}\0\0\0\0${others.join("")}\0\0\0\x10meta`;

it.each([
  ["image/tiff", "II*\0\x08\0\0\0"],
  ["image/tiff", "MM\0*\0\0\0\x08"],
  ["image/tiff", "II+\0\x08\0\0\0"],
  ["image/bmp", `BM${"\x01".repeat(12)}(\0\0\0`],
  ["image/bmp", `BM${"\n".repeat(12)}|\0\0\0`],
  ["image/gif", "GIF87a"],
  ["image/gif", "GIF89a"],
  ["image/avif", branded("avif", "mif1", "avif")],
  ["image/avif", branded("avis")],
  ["image/avif", branded("mif1", "miaf", "MA1B", "avif")],
  ["image/heic", branded("heic", "mif1", "heic")],
  ["image/heic", branded("mif1", "miaf", "heic")],
  ["image/heic", branded("msf1", "hevc")],
])("knows %s by %j", async (mediaType, head) => {
  expect(await mediaTypeOf(new File([head], "photo.txt"))).toBe(mediaType);
});

it.each([
  "",
  "GIF90a",
  "BM text that begins so",
  "II+\x08",
  "RIFF\0\0\0\0WAVE",
  "<svg/>",
  branded("mp42", "isom", "avif"),
  branded("mif1", "miaf"),
  branded("mif1", ...Array<string>(16).fill("miaf"), "heic"),
])("knows no file that starts with %j", async (head) => {
  expect(await mediaTypeOf(new File([head], "photo.png"))).toBeNull();
});

it("lets people choose files by type and by ending", () => {
  expect(acceptOf(["image/heic", "image/x-new"])).toBe("image/heic,image/heif,.heic,.heif,image/x-new");
  expect(acceptOf(["image/tiff", "image/png"])).toBe("image/tiff,.tif,.tiff,image/png,.png");
  expect(Object.keys(FORMATS)).toHaveLength(8);
});
