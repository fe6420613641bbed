/** Pictures as answers bring them. */

const SLICE = 4 * 2 ** 18; // characters, a multiple of 4: a slice of base64 is base64 again

/** The bytes that a base64 text stands for. Throws `DOMException` if it is none. */
export function blobOf(base64: string, mediaType: string): Blob {
  const parts: BlobPart[] = [];
  for (let start = 0; start < base64.length; start += SLICE) {
    const binary = atob(base64.slice(start, start + SLICE));
    const bytes = new Uint8Array(binary.length);
    for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
    parts.push(bytes);
  }
  return new Blob(parts, { type: mediaType });
}
