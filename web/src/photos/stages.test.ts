// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Progress } from "@/api/submission";
import { describeWork, stageName } from "./stages";

const described = (progress: Progress) => describeWork({ phase: "active", tries: 1, since: 0, progress });

describe("stageName", () => {
  it("says in words what the server does", () => {
    expect(stageName("detection")).toBe("Looking for faces");
    expect(stageName("blending")).toBe("Putting the faces back");
  });

  it("leaves a stage of a newer server as it is called there", () => {
    expect(stageName("denoising")).toBe("denoising");
    fc.assert(
      fc.property(fc.string(), (stage) => {
        expect(typeof stageName(stage)).toBe("string");
      }),
    );
  });
});

describe("describeWork", () => {
  it("tells how much has been sent, until all has", () => {
    expect(described({ phase: "uploading", fraction: 0.4 })).toEqual({ label: "Uploading", fraction: 0.4 });
    expect(described({ phase: "uploading", fraction: 1 })).toEqual({
      label: "Uploaded, waiting for the server",
      fraction: null,
    });
  });

  it.each([
    [0, "Your photo is next"],
    [1, "1 photo ahead of yours"],
    [7, "7 photos ahead of yours"],
  ])("tells the place in the queue (%i)", (position, label) => {
    expect(described({ phase: "queued", position })).toEqual({ label, fraction: null });
  });

  it("tells that a photo waits for those before it in the list", () => {
    expect(describeWork({ phase: "waiting", tries: 0 })).toEqual({ label: "Waiting for its turn", fraction: null });
  });

  it("tells the stage and how far it is", () => {
    expect(described({ phase: "working", stage: "upscaling", fraction: 0.25 })).toEqual({
      label: "Enlarging the picture",
      fraction: 0.25,
    });
  });
});
