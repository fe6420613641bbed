/** Turns photos that the browser would not show upright. */
import { mediaTypeOf } from "./formats";
import { orientationOf, type Orientation } from "./orientation";

/** The file, or an upright copy if the browser would show the file turned. */
export async function uprightOf(file: File): Promise<Blob> {
  if ((await mediaTypeOf(file)) !== "image/webp") return file;
  const orientation = orientationOf(await file.arrayBuffer());
  return orientation === 1 ? file : turned(file, orientation);
}

async function turned(file: File, orientation: Orientation): Promise<Blob> {
  const image = await createImageBitmap(file, { imageOrientation: "none" });
  const { width, height } = image;
  const isOnSide = orientation >= 5;
  const canvas = document.createElement("canvas");
  canvas.width = isOnSide ? height : width;
  canvas.height = isOnSide ? width : height;
  const context = canvas.getContext("2d");
  if (!context) return file;
  context.setTransform(...matrix(orientation, width, height));
  context.drawImage(image, 0, 0);
  image.close();
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), "image/webp", 1)); // 1: lossless
}

type Matrix = [a: number, b: number, c: number, d: number, e: number, f: number];

/** The transform that turns a picture of w × h pixels upright, as the arguments of `setTransform`. */
function matrix(orientation: Orientation, w: number, h: number): Matrix {
  const matrices: Record<Orientation, Matrix> = {
    1: [1, 0, 0, 1, 0, 0],
    2: [-1, 0, 0, 1, w, 0],
    3: [-1, 0, 0, -1, w, h],
    4: [1, 0, 0, -1, 0, h],
    5: [0, 1, 1, 0, 0, 0],
    6: [0, 1, -1, 0, h, 0],
    7: [0, -1, -1, 0, h, w],
    8: [0, -1, 1, 0, 0, w],
  };
  return matrices[orientation];
}
