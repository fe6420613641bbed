/** What a look has found, in words. */
import type { DryRun, Face } from "@/api/types";

/** "No face found", "1 face found", "3 faces found, 1 more marked": one that only a person has seen was not found. */
export function facesInWords(faces: readonly Pick<Face, "landmarks_estimated">[]): string {
  const marked = faces.filter(({ landmarks_estimated }) => landmarks_estimated).length;
  const found = faces.length - marked;
  if (found === 0) return marked === 0 ? "No face found" : `${faceCount(marked)} marked`;
  return `${faceCount(found)} found${marked === 0 ? "" : `, ${marked} more marked`}`;
}

function faceCount(count: number): string {
  return count === 1 ? "1 face" : `${count} faces`;
}

/** "about 8 s", "about 40 s", "about 3 minutes": no more exact than an estimate is. */
export function aboutInWords(seconds: number, second = "s"): string {
  if (seconds < 1) return second === "s" ? "less than 1 s" : "less than a second";
  if (seconds < 20) return counted(Math.round(seconds), second);
  if (seconds < 90) return counted(Math.round(seconds / 5) * 5, second);
  return `about ${Math.round(seconds / 60)} minutes`;
}

function counted(count: number, second: string): string {
  return `about ${count} ${second === "s" || count === 1 ? second : `${second}s`}`;
}

/** "3 faces found, about 8 seconds.", for screen readers. */
export function spokenLook({ faces, estimate }: DryRun): string {
  return `${facesInWords(faces)}, ${aboutInWords(estimate.seconds, "second")}.`;
}

/** "Needs 215 MB of the server’s memory" */
export function memoryInWords({ estimate }: DryRun): string {
  return `Needs ${Math.ceil(estimate.memory_bytes / 1e6)} MB of the server’s memory`;
}
