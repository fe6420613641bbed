/** The stages of the server's work, in plain words. */
import type { Progress } from "@/api/submission";
import type { OngoingWork } from "./photo";

const STAGES = new Map(
  Object.entries({
    fetch: "Fetching the photo",
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

type WorkDescription = { label: string; fraction: number | null };

/** What happens with a photo, and how much of it is done, in [0, 1]; null if that is unknown. */
export function describeWork(work: OngoingWork): WorkDescription {
  return work.phase === "waiting" ? WAITING : describeProgress(work.progress);
}

const WAITING: WorkDescription = { label: "Waiting for its turn", fraction: null };

function describeProgress(progress: Progress | { phase: "waiting" }): WorkDescription {
  switch (progress.phase) {
    case "waiting":
      return WAITING;
    case "uploading":
      return progress.fraction < 1
        ? { label: "Uploading", fraction: progress.fraction }
        : { label: "Uploaded, waiting for the server", fraction: null };
    case "queued":
      return { label: queueLabel(progress.position), fraction: null };
    case "working":
      return { label: stageName(progress.stage), fraction: progress.fraction };
  }
}

function queueLabel(position: number): string {
  if (position === 0) return "Your photo is next";
  return position === 1 ? "1 photo ahead of yours" : `${position} photos ahead of yours`;
}
