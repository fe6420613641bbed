// @vitest-environment node
import { expect, it } from "vitest";
import { faceOf, factsOf } from "@/test/samples";
import { doneJob, failedJob, jobOf } from "@/test/sets";
import { reportOf } from "./report";

const HEAD = "file,state,width,height,faces,restored,identity_similarity,psnr,ssim,lpips,seconds,error";

it("has the figures of each photo, and the error of one that has failed", () => {
  const faces = [faceOf(), faceOf({ action: "softened", identity_similarity: 0.7 }), faceOf({ action: "kept" })];
  const rows = [
    { job: doneJob(), facts: factsOf({ faces }) },
    { job: failedJob(), facts: null },
    { job: doneJob(), facts: factsOf({ faces: [], metrics: null }) },
    { job: jobOf({ state: "cancelled" }), facts: null },
  ];
  expect(reportOf(rows).split("\r\n")).toEqual([
    `\ufeff${HEAD}`,
    "oma.png,succeeded,200,160,1,2,0.7,31.5,0.91,0.08,2.5,",
    "oma.png,failed,,,,,,,,,,No face was found.",
    "oma.png,succeeded,200,160,1,0,,,,,2.5,",
    "oma.png,cancelled,,,,,,,,,,",
    "",
  ]);
});

it.each([
  ['a "b", c.png', '"a ""b"", c.png"'],
  ["=1+1.png", "'=1+1.png"],
  ["+a", "'+a"],
  ["@a", "'@a"],
  ["a;=1+1.png", `"a;'=1+1.png"`],
  ["a;b.png", '"a;b.png"'],
  ["two\nlines.png", "two lines.png"],
  ["Großmutter.png", "Großmutter.png"],
])("writes the name %j so that a spreadsheet reads it as text", (name, cell) => {
  const [, line] = reportOf([{ job: jobOf({ file_name: name }), facts: null }]).split("\r\n");
  expect(line).toBe(`${cell},queued,,,,,,,,,,`);
});
