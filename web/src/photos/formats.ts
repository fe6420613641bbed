/** The file formats that the page knows. */
import type { Words } from "@/words/words";
import type { Options } from "./options";

interface Format {
  name: string;
  extension: string;
  /** Endings that its files also have. */
  others?: readonly string[];
  /** Whether a file of this format starts with `head`, one character for each byte. */
  isStartOf: (head: string) => boolean;
}

/** By media type. */
export const FORMATS: Record<string, Format> = {
  "image/jpeg": {
    name: "JPEG",
    extension: "jpg",
    others: ["jpeg"],
    isStartOf: (head) => head.startsWith("\xff\xd8\xff"),
  },
  "image/png": { name: "PNG", extension: "png", isStartOf: (head) => head.startsWith("\x89PNG\r\n\x1a\n") },
  "image/webp": {
    name: "WebP",
    extension: "webp",
    isStartOf: (head) => head.startsWith("RIFF") && head.startsWith("WEBP", 8),
  },
  "image/tiff": {
    name: "TIFF",
    extension: "tif",
    others: ["tiff"],
    isStartOf: (head) => ["II*\0", "II+\0", "MM\0*", "MM\0+"].includes(head.slice(0, 4)),
  },
  "image/bmp": {
    name: "BMP",
    extension: "bmp",
    // With one of the sizes that its second header may have.
    isStartOf: (head) =>
      head.startsWith("BM") && "\x0c(48@l|".includes(head[14] ?? "-") && head.startsWith("\0\0\0", 15),
  },
  "image/gif": { name: "GIF", extension: "gif", isStartOf: (head) => /^GIF8[79]a/.test(head) },
  "image/avif": { name: "AVIF", extension: "avif", isStartOf: (head) => hasBrand(head, /^avi[fs]$/) },
  "image/heic": {
    name: "HEIC",
    extension: "heic",
    others: ["heif"],
    isStartOf: (head) => hasBrand(head, /^(hei|hev)[cx]$/),
  },
};

/** Whether a file's own brand is one of these, or one that it is compatible with where its own is HEIF in general. */
function hasBrand(head: string, brand: RegExp): boolean {
  const own = head.slice(8, 12);
  const isGeneral = own === "mif1" || own === "msf1";
  const brands = isGeneral ? (head.slice(16, 80).match(/[^]{4}/g) ?? []) : [own];
  return head.startsWith("ftyp", 4) && brands.some((name) => brand.test(name));
}

/** A format that a result can be saved in. */
interface Output {
  /** The same in every language; of "same", which is none, nobody reads it: see `outputInWords`. */
  name: string;
  /** The options that its files have; the server refuses others. */
  options: readonly ("quality" | "lossless" | "bit_depth")[];
  /** The most pixels that a side of its files may have; the others allow more than the server makes. */
  longestSide?: number;
}

/** "same" takes only an option that no format refuses, because the photos may have several. */
export const OUTPUTS: Record<Options["output_format"], Output> = {
  png: { name: "PNG", options: ["bit_depth"] },
  jpeg: { name: "JPEG", options: ["quality"], longestSide: 65_500 },
  webp: { name: "WebP", options: ["quality", "lossless"], longestSide: 16_383 },
  avif: { name: "AVIF", options: ["quality"], longestSide: 32_768 },
  tiff: { name: "TIFF", options: ["bit_depth"] },
  same: { name: "same", options: ["quality"] },
};

/** "JPEG", or "The photo’s format" */
export function outputInWords(format: Options["output_format"], t: Words): string {
  return format === "same" ? t("formats.same") : OUTPUTS[format].name;
}

/** Whether an option changes the file in the chosen format. */
export function hasEffect(option: Output["options"][number], { output_format, lossless }: Options): boolean {
  const isLossless = output_format === "webp" && lossless;
  return OUTPUTS[output_format].options.includes(option) && !(option === "quality" && isLossless);
}

/** Formats that not every browser shows. */
const NOT_EVERYWHERE = ["image/tiff", "image/avif", "image/heic"];

/** Whether a picture of this type may be whole although the browser cannot show it. */
export function isShownEverywhere(mediaType: string): boolean {
  return !NOT_EVERYWHERE.includes(mediaType);
}

/**
 * What a file input accepts. Not every system knows the types of HEIC and AVIF, so their endings are named too; some
 * phones call a HEIC by the name of its container, HEIF.
 */
export function acceptOf(mediaTypes: string[]): string {
  return mediaTypes.flatMap((type) => [type, ...(ALSO[type] ?? []), ...endingsOf(type)]).join(",");
}

const ALSO: Record<string, string[]> = { "image/heic": ["image/heif"] };

function endingsOf(type: string): string[] {
  const { extension, others = [] } = FORMATS[type] ?? {};
  return extension === undefined ? [] : [extension, ...others].map((ending) => `.${ending}`);
}

const SIGNATURE_BYTES = 96; // an AVIF or HEIC file lists the brands that it is compatible with

/** The media type by the first bytes of a file; null if they are of no known type. Its name may be wrong. */
export async function mediaTypeOf(file: Blob): Promise<string | null> {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, SIGNATURE_BYTES).arrayBuffer()));
  return Object.keys(FORMATS).find((mediaType) => FORMATS[mediaType]?.isStartOf(head)) ?? null;
}
