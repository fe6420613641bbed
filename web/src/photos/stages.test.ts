// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Progress } from "@/api/submission";
import { ENGLISH } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { stageName, workInWords } from "./stages";

const t = wordsIn("en", ENGLISH);
const said = (progress: Progress) => workInWords(t, { phase: "active", tries: 1, since: 0, progress });

describe("stageName", () => {
  it("has words for the server's stages", () => {
    expect(stageName(t, "detection")).toBe("Looking for faces");
    expect(stageName(t, "blending")).toBe("Putting the faces back");
  });

  it("returns the name of an unknown stage of a newer server", () => {
    expect(stageName(t, "denoising")).toBe("denoising");
    fc.assert(
      fc.property(fc.string(), (stage) => {
        expect(typeof stageName(t, stage)).toBe("string");
      }),
    );
  });
});

describe("workInWords", () => {
  it.each<[Progress, string]>([
    [{ phase: "uploading", fraction: 0.4 }, "Uploading"],
    [{ phase: "uploading", fraction: 1 }, "Uploaded, waiting for the server"],
    [{ phase: "queued", position: 0 }, "Your photo is next"],
    [{ phase: "queued", position: 1 }, "1 photo ahead of yours"],
    [{ phase: "queued", position: 7 }, "7 photos ahead of yours"],
    [{ phase: "working", stage: "upscaling", fraction: 0.25 }, "Enlarging the picture"],
    [{ phase: "downloading", fraction: 0.25 }, "Receiving the picture"],
  ])("says what %j is", (progress, words) => {
    expect(said(progress)).toBe(words);
  });

  it("says that a photo waits for its turn", () => {
    expect(workInWords(t, { phase: "waiting", tries: 0 })).toBe("Waiting for its turn");
  });
});
