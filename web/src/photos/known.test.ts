import { expect, it } from "vitest";
import { faceOf } from "@/test/samples";
import { found } from "./known";

const PLACE = [10, 10, 40, 40];

it("keeps what is known of faces that are found again as they were", () => {
  const first = found({ faces: null, overrides: {} } as never, "none", [faceOf({ box: PLACE })], true);
  const photo = { ...first, overrides: { none: { 0: 0.5 } } } as never;
  const again = found(photo, "none", [faceOf({ box: [...PLACE] })], true);
  expect(again.faces).toBe(first.faces); // by identity it is told whether a photo has to be written
  expect(again.overrides).toEqual({ none: { 0: 0.5 } });
});

it("knows faces anew that are found elsewhere", () => {
  const first = found({ faces: null, overrides: {} } as never, "none", [faceOf({ box: PLACE })], true);
  const elsewhere = found({ ...first } as never, "none", [faceOf({ box: [12, 10, 40, 40] })], true);
  expect(elsewhere.faces?.places).toEqual([[12, 10, 40, 40]]);
});
