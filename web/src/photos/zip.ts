/** Pictures as one ZIP, made in the browser. */
import { saveBlob, type Picker } from "./saving";

export type Entry = { name: string; blob: Blob };

/** A larger ZIP is written to the disk as it is made, where the browser can do that. */
export const LARGE = 100 * 1e6;

type Settings = {
  signal: AbortSignal;
  /** The part that is done, in [0, 1]. */
  onProgress: (fraction: number) => void;
};

export function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { blob }) => sum + blob.size, 0);
}

/**
 * Makes a ZIP and saves it. Returns false if the person has chosen no place for it. Throws what writing it throws, and
 * the signal's reason when that is aborted. The pictures are not compressed again, which would gain nothing.
 */
export async function saveZip(entries: readonly Entry[], name: string, settings: Settings): Promise<boolean> {
  const { showSaveFilePicker: pick } = window as { showSaveFilePicker?: Picker };
  if (pick === undefined || bytesOf(entries) < LARGE) {
    const { signal } = settings;
    const blob = await new Response(await zipOf(entries, settings)).blob();
    signal.throwIfAborted();
    saveBlob(new Blob([blob], { type: "application/zip" }), name);
    return true;
  }
  let file; // asked for first: browsers allow it only right after a click
  try {
    file = await pick.call(window, { suggestedName: name });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return false;
    throw error;
  }
  const zip = await zipOf(entries, settings); // or it would leave an open file behind where it was cancelled meanwhile
  await zip.pipeTo(await file.createWritable(), { signal: settings.signal });
  return true;
}

/** The bytes of the ZIP, as they are made. */
export async function zipOf(entries: readonly Entry[], { signal, onProgress }: Settings): Promise<ReadableStream> {
  const { makeZip, predictLength } = await import("client-zip");
  signal.throwIfAborted();
  const lastModified = new Date();
  const files = entries.map(({ name, blob }) => ({ name, input: blob, lastModified }));
  const all = Number(predictLength(files.map(({ name, input }) => ({ name, size: input.size }))));
  let done = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      done += chunk.length;
      onProgress(done / all);
      controller.enqueue(chunk);
    },
  });
  return makeZip(files).pipeThrough(counted, { signal });
}
