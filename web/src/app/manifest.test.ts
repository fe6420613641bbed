import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

type Icon = { src: string; sizes: string; type: string; purpose?: string };

const manifest = JSON.parse(readFileSync("public/manifest.webmanifest", "utf8")) as {
  icons: Icon[];
  theme_color: string;
  background_color: string;
};
const pictures = manifest.icons.filter(({ type }) => type === "image/png");

/** Width × height of a PNG file, by its header. */
function sizesOf(path: string): string {
  const header = readFileSync(path);
  expect(header.subarray(1, 4).toString()).toBe("PNG");
  return `${header.readUInt32BE(16)}x${header.readUInt32BE(20)}`;
}

it.each(pictures)("$src has the size that the manifest tells", ({ src, sizes }) => {
  expect(sizesOf(`public${src}`)).toBe(sizes);
});

it("has the icons that Android asks for, and one that it may cut", () => {
  expect(pictures.map(({ sizes, purpose }) => [sizes, purpose])).toEqual([
    ["192x192", undefined],
    ["512x512", undefined],
    ["512x512", "maskable"],
  ]);
  expect(sizesOf("src/app/apple-icon.png")).toBe("180x180");
});

it("has the colour of the page", () => {
  const [, light, dark] =
    /--page: light-dark\((#\w+), (#\w+)\)/.exec(readFileSync("src/app/globals.css", "utf8")) ?? [];
  expect([manifest.theme_color, manifest.background_color]).toEqual([dark, dark]);
  const layout = readFileSync("src/app/layout.tsx", "utf8");
  expect(layout).toContain(`"(prefers-color-scheme: light)", color: "${light}"`);
  expect(layout).toContain(`"(prefers-color-scheme: dark)", color: "${dark}"`);
});
