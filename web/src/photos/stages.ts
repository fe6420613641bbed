/** What the server is doing, in plain words. */
import type { Progress } from "@/api/submission";
import type { OngoingWork } from "./photo";

const STAGES = new Map(
  Object.entries({
    decode: "Reading the photo",
    reference: "Reading the reference",
    color: "Correcting the colours",
    detection: "Looking for faces",
    alignment: "Straightening the faces",
    restoration: "Restoring the faces",
    identity: "Checking the likeness",
    upscaling: "Enlarging the picture",
    blending: "Putting the faces back",
    metrics: "Measuring the result",
    encode: "Writing the picture",
    answer: "Sending the picture",
  }),
);

export function stageName(stage: string): string {
  return STAGES.get(stage) ?? stage;
}

type Told = { label: string; fraction: number | null };

/** What is going on with a photo, and how much of that is done in [0, 1]; null where nobody can know. */
export function describeWork(work: OngoingWork): Told {
  return work.phase === "active" ? described(work.progress) : { label: "Waiting for its turn", fraction: null };
}

function described(progress: Progress): Told {
  switch (progress.phase) {
    case "uploading":
      return progress.fraction < 1
        ? { label: "Uploading", fraction: progress.fraction }
        : { label: "Uploaded, waiting for the server", fraction: null };
    case "queued":
      return { label: queued(progress.position), fraction: null };
    case "working":
      return { label: stageName(progress.stage), fraction: progress.fraction };
  }
}

function queued(position: number): string {
  if (position === 0) return "Your photo is next";
  return position === 1 ? "1 photo ahead of yours" : `${position} photos ahead of yours`;
}
