/**
 * The orientation of a WebP. Browsers turn JPEG and PNG by their Exif orientation, and AVIF by its own, but not WebP
 * (Chromium 156). The server turns all of them.
 */

/** As Exif defines it: 1 is upright, 2 to 8 are turned or mirrored. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const TAG = 0x0112;

/** The Exif orientation of a WebP file; 1 if it has none or an invalid one. */
export function orientationOf(webp: ArrayBuffer): Orientation {
  try {
    const exif = exifOf(new DataView(webp));
    return exif === null ? 1 : tagged(exif);
  } catch (error) {
    if (error instanceof RangeError) return 1; // an offset beyond the end
    throw error;
  }
}

/** The TIFF structure in the Exif chunk of a RIFF container; null without one. */
function exifOf(file: DataView): DataView | null {
  for (let start = 12; start + 8 <= file.byteLength;) {
    const length = file.getUint32(start + 4, true);
    if (text(file, start) === "EXIF") {
      const prefix = text(file, start + 8) === "Exif" ? 6 : 0; // "Exif" and two zeros, as in a JPEG
      return new DataView(file.buffer, file.byteOffset + start + 8 + prefix, length - prefix);
    }
    start += 8 + length + (length % 2);
  }
  return null;
}

/** The orientation in the first directory of a TIFF structure. */
function tagged(tiff: DataView): Orientation {
  const isLittle = text(tiff, 0).startsWith("II");
  const directory = tiff.getUint32(4, isLittle);
  const count = tiff.getUint16(directory, isLittle);
  for (let entry = directory + 2; entry < directory + 2 + 12 * count; entry += 12) {
    if (tiff.getUint16(entry, isLittle) !== TAG) continue;
    const value = tiff.getUint16(entry + 8, isLittle);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

function text(data: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => data.getUint8(offset + index)));
}
