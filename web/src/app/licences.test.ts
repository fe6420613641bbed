import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
const licences = readFileSync("public/licences.txt", "utf8");

it.each(Object.entries(dependencies))("the licence of %s %s comes with the app", (name, version) => {
  expect(licences).toContain(`--- ${name} ${version}, `);
});
