// @vitest-environment node
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { blobOf } from "./picture";

async function bytesOf(blob: Blob): Promise<Buffer> {
  return Buffer.from(await blob.arrayBuffer());
}

it("returns any bytes unchanged", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const blob = blobOf(Buffer.from(bytes).toString("base64"), "image/png");
      expect(Buffer.compare(await bytesOf(blob), bytes)).toBe(0);
    }),
  );
});

it.each([0, 1, 2])("returns megabytes unchanged, %i bytes longer than two slices", async (more) => {
  const bytes = randomBytes(2 * (3 * 2 ** 18) + more);
  const blob = blobOf(bytes.toString("base64"), "image/webp");
  expect(Buffer.compare(await bytesOf(blob), bytes)).toBe(0);
});

it("has the given media type", () => {
  expect(blobOf("", "image/jpeg")).toMatchObject({ size: 0, type: "image/jpeg" });
});

it("throws if the text is not base64", () => {
  expect(() => blobOf("not*base64", "image/png")).toThrow(DOMException);
});
