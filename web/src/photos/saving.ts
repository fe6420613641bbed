/** Saves files: of the server, with or without an API key, and texts that this page has made. */
import { blobOf, fetchFile } from "@/api/batches";
import { API_URL } from "@/api/client";
import { ProblemError, refusedHere } from "@/api/problem";

/** More is not held in memory, as a download with an API key is where the browser cannot write it as it comes. */
export const IN_MEMORY = 500 * 2 ** 20;

export type Saved = { path: string; name: string; bytes: number };

/** `showSaveFilePicker`, which not every browser has. */
export type Picker = (options: { suggestedName: string }) => Promise<{ createWritable: () => Promise<WritableStream> }>;

/**
 * Saves a file of the server. Without a key the browser downloads it as any other; a header with a key only `fetch` can
 * send: then it is written to the disk as it comes where it is large, and else held in memory. Throws `ProblemError`.
 */
export async function saveFile({ path, name, bytes }: Saved, key: string | null): Promise<void> {
  if (key === null) return followLink(`${API_URL}${path}`, name);
  if (bytes > IN_MEMORY) return stream(path, name, bytes, key);
  saveBlob(await blobOf(await fetchFile(path, { key })), name);
}

/** Saves what this page has. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  followLink(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // not at once: the browser may not have begun to read it
}

async function stream(path: string, name: string, bytes: number, key: string): Promise<void> {
  const { showSaveFilePicker: pick } = window as { showSaveFilePicker?: Picker };
  if (pick === undefined)
    throw new ProblemError(refusedHere("too_large", { key: "problems.tooLarge", values: { gigabytes: bytes / 1e9 } }));
  let file;
  try {
    file = await pick.call(window, { suggestedName: name });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return; // not after all
    throw error;
  }
  const answer = await fetchFile(path, { key });
  await answer.body?.pipeTo(await file.createWritable()).catch(() => {
    throw new ProblemError(refusedHere("cut_off", { key: "problems.notWhole" }));
  });
}

function followLink(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
