/** Hands a result to other programs: by the clipboard, or by what the system offers for sharing. */
import type { Message } from "@/words/words";
import type { Result } from "./photo";

const PNG = "image/png";

/**
 * Copies the picture, as PNG, which is what clipboards take. Returns why that is not possible; null: it is copied. To be
 * called at once after a click: browsers allow it only then, and so they are given the promise of a picture.
 */
export async function copyPicture({ blob, isShown }: Result): Promise<Message | null> {
  // Without TLS there is no clipboard at all.
  const { clipboard } = navigator as { clipboard?: Clipboard };
  if (clipboard === undefined) return { key: "actions.copyNeedsHttps" };
  if (typeof ClipboardItem === "undefined") return { key: "actions.copyUnable" };
  if (!isShown) return { key: "actions.copyUnshown" };
  try {
    await clipboard.write([new ClipboardItem({ [PNG]: pngOf(blob) })]);
    return null;
  } catch (error) {
    return { key: isRefusal(error) ? "actions.notAllowed" : "actions.copyFailed" };
  }
}

/** Copies a text. Returns why that is not possible; null: it is copied. */
export async function copyText(text: string): Promise<Message | null> {
  const { clipboard } = navigator as { clipboard?: Clipboard };
  if (clipboard === undefined) return { key: "actions.copyNeedsHttps" };
  return clipboard.writeText(text).then(
    () => null,
    () => ({ key: "actions.notAllowed" }),
  );
}

/** Whether this system shares files of this type. */
export function canShare(blob: Blob): boolean {
  const { canShare: can } = navigator as { canShare?: (data: ShareData) => boolean };
  return can?.call(navigator, { files: [fileOf(blob, "photo")] }) === true;
}

/** Shares the picture under this name. Returns why that is not possible; null: it is shared, or the person wants no more. */
export async function share(blob: Blob, name: string): Promise<Message | null> {
  try {
    await navigator.share({ files: [fileOf(blob, name)] });
    return null;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    return { key: isRefusal(error) ? "actions.notAllowed" : "actions.shareFailed" };
  }
}

function fileOf(blob: Blob, name: string): File {
  return new File([blob], name, { type: blob.type });
}

async function pngOf(blob: Blob): Promise<Blob> {
  if (blob.type === PNG) return blob;
  const image = await createImageBitmap(blob);
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")?.drawImage(image, 0, 0);
  image.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob((png) => (png === null ? reject(new Error("The picture is too large.")) : resolve(png)), PNG);
  });
}

function isRefusal(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotAllowedError";
}
