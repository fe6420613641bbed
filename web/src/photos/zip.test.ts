import { ReadableStream, TransformStream, WritableStream } from "node:stream/web";
import { Blob } from "node:buffer";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bytesOf, LARGE, saveZip, zipOf, type Entry } from "./zip";

const entry = (name: string, text: string) => ({ name, blob: new Blob([text]) }) as unknown as Entry;
const ENTRIES = [entry("Großmutter.png", "first"), entry("a (2).jpg", "second")];

const { signal } = new AbortController();

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}

const utf8 = (text: string) => Buffer.from(text).toString("latin1");

beforeEach(() => {
  for (const [name, value] of Object.entries({ ReadableStream, TransformStream, WritableStream })) {
    vi.stubGlobal(name, value);
  }
  vi.stubGlobal("Blob", Blob);
});
afterEach(() => vi.unstubAllGlobals());

/** An entry that says it is large, so that it need not be. */
function large(): Entry {
  const { name, blob } = entry("large.png", "few bytes");
  return { name, blob: Object.defineProperty(blob, "size", { value: LARGE }) };
}

describe("a ZIP", () => {
  it("has each picture as it is, under its name, and tells how far it is", async () => {
    const steps: number[] = [];
    const stream = await zipOf(ENTRIES, { signal, onProgress: (fraction) => steps.push(fraction) });
    const text = await textOf(stream as unknown as AsyncIterable<Uint8Array>);
    expect(text.startsWith("PK\x03\x04")).toBe(true);
    for (const part of [utf8("Großmutter.png") + "first", "a (2).jpgsecond"]) expect(text).toContain(part);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps.at(-1)).toBe(1);
    expect(bytesOf(ENTRIES)).toBe(11);
  });

  it("is saved as a file of the browser's downloads", async () => {
    const saved: string[] = [];
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => `blob:${(blob as globalThis.Blob).type}`);
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function click(this: HTMLAnchorElement) {
      saved.push(`${this.download} ${this.href}`);
    });
    expect(await saveZip(ENTRIES, "all.zip", { signal, onProgress: vi.fn() })).toBe(true);
    expect(saved).toEqual(["all.zip blob:application/zip"]);
  });

  it("that is large is written to the disk as it is made, where the browser can do that", async () => {
    const written: Uint8Array[] = [];
    const createWritable = async () => new WritableStream({ write: (chunk: Uint8Array) => void written.push(chunk) });
    const pick = vi.fn(async () => ({ createWritable }));
    vi.stubGlobal("showSaveFilePicker", pick);
    expect(await saveZip([large()], "all.zip", { signal, onProgress: vi.fn() })).toBe(true);
    expect(pick).toHaveBeenCalledExactlyOnceWith({ suggestedName: "all.zip" });
    expect(Buffer.concat(written).toString("latin1")).toContain("large.pngfew bytes");
  });

  it("is not made where no place is chosen for it, and what cannot be written fails", async () => {
    const refuse = vi.fn(() => Promise.reject(new DOMException("", "AbortError")));
    vi.stubGlobal("showSaveFilePicker", refuse);
    expect(await saveZip([large()], "all.zip", { signal, onProgress: vi.fn() })).toBe(false);
    const createWritable = async () => new WritableStream({ write: () => Promise.reject(new Error("full")) });
    vi.stubGlobal("showSaveFilePicker", async () => ({ createWritable }));
    await expect(saveZip([large()], "all.zip", { signal, onProgress: vi.fn() })).rejects.toThrow("full");
  });

  it("ends where it is cancelled", async () => {
    const controller = new AbortController();
    const stop = { signal: controller.signal, onProgress: () => controller.abort() };
    await expect(saveZip(ENTRIES, "all.zip", stop)).rejects.toThrow();
    await expect(saveZip(ENTRIES, "all.zip", stop)).rejects.toThrow();
  });
});
