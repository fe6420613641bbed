/** Names and texts of downloads. */
import type { Result } from "./photo";

const EXTENSIONS: Record<string, string> = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp" };

/** `portrait.jpeg` → `portrait-restored.png`. */
export function downloadName(original: string, mediaType: string): string {
  const stem = original.replace(/\.[^.\s]{1,5}$/, "") || "photo";
  return `${stem}-restored.${EXTENSIONS[mediaType] ?? "bin"}`;
}

/** The answer as JSON without the picture, which would be megabytes of base64. */
export function factsText(result: Result): string {
  return JSON.stringify({ status: "success", data: result.facts }, null, 2);
}
