// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Progress } from "@/api/submission";
import { describeWork, stageName } from "./stages";

const describeProgress = (progress: Progress) => describeWork({ phase: "active", tries: 1, since: 0, progress });

describe("stageName", () => {
  it("has words for the server's stages", () => {
    expect(stageName("detection")).toBe("Looking for faces");
    expect(stageName("blending")).toBe("Putting the faces back");
  });

  it("returns the name of an unknown stage of a newer server", () => {
    expect(stageName("denoising")).toBe("denoising");
    fc.assert(
      fc.property(fc.string(), (stage) => {
        expect(typeof stageName(stage)).toBe("string");
      }),
    );
  });
});

describe("describeWork", () => {
  it("gives the fraction of the upload until it is complete", () => {
    expect(describeProgress({ phase: "uploading", fraction: 0.4 })).toEqual({ label: "Uploading", fraction: 0.4 });
    expect(describeProgress({ phase: "uploading", fraction: 1 })).toEqual({
      label: "Uploaded, waiting for the server",
      fraction: null,
    });
  });

  it.each([
    [0, "Your photo is next"],
    [1, "1 photo ahead of yours"],
    [7, "7 photos ahead of yours"],
  ])("gives the place in the queue (%i)", (position, label) => {
    expect(describeProgress({ phase: "queued", position })).toEqual({ label, fraction: null });
  });

  it("says that a photo waits for its turn", () => {
    expect(describeWork({ phase: "waiting", tries: 0 })).toEqual({ label: "Waiting for its turn", fraction: null });
  });

  it("gives the stage and its fraction", () => {
    expect(describeProgress({ phase: "working", stage: "upscaling", fraction: 0.25 })).toEqual({
      label: "Enlarging the picture",
      fraction: 0.25,
    });
  });
});
