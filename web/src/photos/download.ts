/** Texts that are taken away. */
import type { Result } from "./photo";

/** The answer as JSON without the picture, which would be megabytes of base64. */
export function factsText(result: Result): string {
  return JSON.stringify({ status: "success", data: result.facts }, null, 2);
}
