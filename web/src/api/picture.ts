/** Decodes the pictures in answers. */

const SLICE = 4 * 2 ** 18; // characters; a multiple of 4, so that each slice is valid base64

/** The bytes of a base64 text. Throws `DOMException` if it is not base64. */
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
