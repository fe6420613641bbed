// @vitest-environment node
import { expect, it } from "vitest";
import { resultOf } from "@/test/samples";
import { factsText } from "./download";

it("contains the answer without the picture", () => {
  const result = resultOf();
  expect(JSON.parse(factsText(result))).toEqual({ status: "success", data: result.facts });
  expect(factsText(result)).not.toContain("restored_image");
});
