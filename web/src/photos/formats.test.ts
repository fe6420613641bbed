import { expect, it } from "vitest";
import { fileOf, JPEG, PNG, WEBP } from "@/test/samples";
import { FORMATS, mediaTypeOf } from "./formats";

it("knows each format by its first bytes, whatever the file's name", async () => {
  for (const [mediaType, bytes] of Object.entries({ "image/jpeg": JPEG, "image/png": PNG, "image/webp": WEBP })) {
    expect(await mediaTypeOf(fileOf(bytes, "photo.txt"))).toBe(mediaType);
  }
});

it("knows no other file", async () => {
  for (const text of ["", "GIF89a", "RIFF\0\0\0\0WAVE", "<svg/>"]) {
    expect(await mediaTypeOf(new File([text], "photo.png"))).toBeNull();
  }
  expect(FORMATS["image/gif"]).toBeUndefined();
});
