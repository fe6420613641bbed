/** Names and texts of downloads. */
import { FORMATS } from "./formats";
import type { Result } from "./photo";

/** `portrait.jpeg` → `portrait-restored.png`. */
export function downloadName(original: string, mediaType: string): string {
  const stem = original.replace(/\.[^.\s]{1,5}$/, "") || "photo";
  return `${stem}-restored.${FORMATS[mediaType]?.extension ?? "bin"}`;
}

/** The answer as JSON without the picture, which would be megabytes of base64. */
export function factsText(result: Result): string {
  return JSON.stringify({ status: "success", data: result.facts }, null, 2);
}
