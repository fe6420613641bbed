/** The file formats that the page knows. */
import type { Options } from "./options";

interface Format {
  name: string;
  extension: string;
  /** Whether a file of this format starts with `head`, one character for each byte. */
  isStartOf: (head: string) => boolean;
}

/** By media type. */
export const FORMATS: Record<string, Format> = {
  "image/jpeg": { name: "JPEG", extension: "jpg", isStartOf: (head) => head.startsWith("\xff\xd8\xff") },
  "image/png": { name: "PNG", extension: "png", isStartOf: (head) => head.startsWith("\x89PNG\r\n\x1a\n") },
  "image/webp": {
    name: "WebP",
    extension: "webp",
    isStartOf: (head) => head.startsWith("RIFF") && head.startsWith("WEBP", 8),
  },
};

/** The names of the formats that a result can be saved in. */
export const OUTPUT_NAMES: Record<Options["output_format"], string> = { png: "PNG", jpeg: "JPEG", webp: "WebP" };

const SIGNATURE_BYTES = 16;

/** The media type by the first bytes of a file; null if they are of no known type. Its name may be wrong. */
export async function mediaTypeOf(file: File): Promise<string | null> {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, SIGNATURE_BYTES).arrayBuffer()));
  return Object.keys(FORMATS).find((mediaType) => FORMATS[mediaType]?.isStartOf(head)) ?? null;
}
