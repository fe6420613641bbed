// @vitest-environment node
import { expect, it } from "vitest";
import { resultOf } from "@/test/samples";
import { downloadName, factsText } from "./download";

it.each([
  ["portrait.jpeg", "image/png", "portrait-restored.png"],
  ["Oma 1950.scan.tiff", "image/jpeg", "Oma 1950.scan-restored.jpg"],
  ["scan.png", "image/tiff", "scan-restored.tif"],
  ["IMG_1.HEIC", "image/avif", "IMG_1-restored.avif"],
  ["no ending", "image/webp", "no ending-restored.webp"],
  [".jpg", "image/png", "photo-restored.png"],
  ["", "image/png", "photo-restored.png"],
  ["Mr. Smith", "image/png", "Mr. Smith-restored.png"],
  ["strange.png", "image/jxl", "strange-restored.bin"],
])("names the download of %j as %s %j", (original, mediaType, name) => {
  expect(downloadName(original, mediaType)).toBe(name);
});

it("contains the answer without the picture", () => {
  const result = resultOf();
  expect(JSON.parse(factsText(result))).toEqual({ status: "success", data: result.facts });
  expect(factsText(result)).not.toContain("restored_image");
});
