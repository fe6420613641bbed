/**
 * Writes the list of the files that the page needs offline into out/sw.js; `npm run build` runs it after Next.js. Another
 * folder than out can be given. A second run changes nothing.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const OUT = resolve(process.argv[2] ?? fileURLToPath(new URL("../out", import.meta.url)));
const WORKER = join(OUT, "sw.js");
/** Besides all files with hashed names: those that are loaded later, such as other languages, are needed offline too. */
const NAMED = ["/icon.svg", "/manifest.webmanifest", "/sample.jpg"];

const hashed = readdirSync(join(OUT, "_next/static"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.name.endsWith(".map"))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(OUT.length));
const files = Object.fromEntries([
  ["/", integrityOf("/index.html")],
  ...[...NAMED, ...hashed].sort().map((path) => [path, integrityOf(path)]),
]);
const code = readFileSync(WORKER, "utf8").replace(/^self\.SHELL = .*\n/, "");
const version = createHash("sha256").update(JSON.stringify(files)).update(code).digest("hex").slice(0, 16);
writeFileSync(WORKER, `self.SHELL = ${JSON.stringify({ version, files })};\n${code}`);

function integrityOf(path) {
  return `sha256-${createHash("sha256")
    .update(readFileSync(join(OUT, path)))
    .digest("base64")}`;
}
