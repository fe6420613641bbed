// @vitest-environment node
import { readFileSync } from "node:fs";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
import { expect, it } from "vitest";

it("matches openapi.json", async () => {
  const made = COMMENT_HEADER + astToString(await openapiTS(new URL("../../openapi.json", import.meta.url)));
  const committed = readFileSync(new URL("schema.d.ts", import.meta.url), "utf8");
  expect(committed === made, "src/api/schema.d.ts is not what openapi.json says: run `make web-api`").toBe(true);
});
