/** What happens with a photo, in plain words. */
import type { Progress } from "@/api/submission";
import type { MessageKey, Words } from "@/words/words";
import type { OngoingWork } from "./photo";

/** The stages of the server's work. */
const STAGES = new Map<string, MessageKey>([
  ["fetch", "progress.stages.fetch"],
  ["decode", "progress.stages.decode"],
  ["reference", "progress.stages.reference"],
  ["color", "progress.stages.color"],
  ["detection", "progress.stages.detection"],
  ["alignment", "progress.stages.alignment"],
  ["restoration", "progress.stages.restoration"],
  ["identity", "progress.stages.identity"],
  ["upscaling", "progress.stages.upscaling"],
  ["blending", "progress.stages.blending"],
  ["metrics", "progress.stages.metrics"],
  ["encode", "progress.stages.encode"],
  ["answer", "progress.stages.answer"],
]);

/** "Looking for faces"; the name itself of a stage of a newer server. */
export function stageName(t: Words, stage: string): string {
  const key = STAGES.get(stage);
  return key === undefined ? stage : t(key);
}

/** "Uploading", "2 photos ahead of yours", "Looking for faces" */
export function workInWords(t: Words, work: OngoingWork): string {
  return work.phase === "waiting" ? t("progress.waiting") : progressInWords(t, work.progress);
}

function progressInWords(t: Words, progress: Progress | { phase: "waiting" }): string {
  switch (progress.phase) {
    case "waiting":
      return t("progress.waiting");
    case "uploading":
      return t(progress.fraction < 1 ? "progress.uploading" : "progress.uploaded");
    case "queued":
      return progress.position === 0 ? t("progress.next") : t("progress.ahead", { count: progress.position });
    case "working":
      return stageName(t, progress.stage);
    case "downloading":
      return t("progress.downloading");
  }
}
