/**
 * Draws the icons of the home screen from src/app/icon.svg: `node scripts/icons.mjs`, only after a change of that file.
 * Needs Chromium (CHROMIUM, or `chromium`). The pictures are committed.
 */
import { chromium } from "@playwright/test";
import { readFileSync } from "node:fs";

const WEB = new URL("../", import.meta.url);
const icon = readFileSync(new URL("src/app/icon.svg", WEB), "utf8");
// Systems cut these two into a shape of their own: the ground reaches the edges, and the mark stays within the middle.
const [, frame, ground, mark] = /^(<svg[^>]*>)(<rect[^>]*>)(.*)<\/svg>\s*$/.exec(icon);
const square = `${frame}${ground.replace(/ rx="\d+"/, "")}<g transform="translate(16 16) scale(0.9) translate(-16 -16)">${mark}</g></svg>`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
for (const [path, svg, size] of [
  ["public/icon-192.png", icon, 192],
  ["public/icon-512.png", icon, 512],
  ["public/icon-maskable-512.png", square, 512],
  ["src/app/apple-icon.png", square, 180],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<body style="margin:0">${svg.replace("<svg ", '<svg style="display:block" ')}`);
  await page.screenshot({ path: new URL(path, WEB).pathname, omitBackground: true });
}
await browser.close();
