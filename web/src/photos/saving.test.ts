import { WritableStream } from "node:stream/web";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProblemError } from "@/api/problem";
import { IN_MEMORY, saveFile } from "./saving";

const ZIP = { path: "/api/v1/batches/b/results.zip", name: "photos.zip", bytes: 1000 };
const LARGE = { ...ZIP, bytes: IN_MEMORY + 1 };

let followed: string[];
const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>();

beforeEach(() => {
  followed = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function click(this: HTMLAnchorElement) {
    followed.push(`${this.download} ${this.href}`);
  });
  fetched.mockReset().mockImplementation(async () => new Response("zip"));
  vi.stubGlobal("fetch", fetched);
});

afterEach(() => vi.unstubAllGlobals());

describe("saveFile", () => {
  it("leaves it to the browser where no key is needed, however large it is", async () => {
    await saveFile(LARGE, null);
    expect(followed).toEqual(["photos.zip http://likeness.test/api/v1/batches/b/results.zip"]);
    expect(fetched).not.toHaveBeenCalled();
  });

  it("fetches it with the key", async () => {
    await saveFile(ZIP, "secret");
    expect(fetched.mock.calls[0]?.[1].headers).toEqual({ "X-API-Key": "secret" });
    expect(followed).toEqual([expect.stringMatching(/^photos\.zip blob:/)]);
  });

  it("does not hold a large file in memory, and says so", async () => {
    const error = await saveFile(LARGE, "secret").catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ProblemError);
    const { message } = (error as ProblemError).problem;
    expect(message).toEqual({ key: "problems.tooLarge", values: { gigabytes: (IN_MEMORY + 1) / 1e9 } });
    expect(fetched).not.toHaveBeenCalled();
  });

  it("writes a large file to the disk where the browser can do that", async () => {
    const written: Uint8Array[] = [];
    const createWritable = async () => new WritableStream({ write: (chunk: Uint8Array) => void written.push(chunk) });
    const pick = vi.fn(async () => ({ createWritable }));
    vi.stubGlobal("showSaveFilePicker", pick);
    await saveFile(LARGE, "secret");
    expect(pick).toHaveBeenCalledExactlyOnceWith({ suggestedName: "photos.zip" });
    expect(written.map((chunk) => new TextDecoder().decode(chunk)).join("")).toBe("zip");
    expect(followed).toEqual([]);
  });

  it("says when a large file could not be written whole", async () => {
    const createWritable = async () => new WritableStream({ write: () => Promise.reject(new Error("full")) });
    vi.stubGlobal("showSaveFilePicker", async () => ({ createWritable }));
    await expect(saveFile(LARGE, "secret")).rejects.toMatchObject({
      problem: { message: { key: "problems.notWhole" } },
    });
  });

  it("does nothing where no place is chosen for a large file", async () => {
    vi.stubGlobal("showSaveFilePicker", () => Promise.reject(new DOMException("", "AbortError")));
    await saveFile(LARGE, "secret");
    expect(fetched).not.toHaveBeenCalled();
  });
});
