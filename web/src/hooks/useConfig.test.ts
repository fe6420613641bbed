import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CONFIG, LOADING } from "@/test/samples";
import { json } from "@/test/server";
import { isLoaded } from "@/photos/options";
import { useConfig } from "./useConfig";

let asked: Request[];
let answer: () => Promise<Response>;
beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(request);
    return answer();
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const wait = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

async function asking(key: string | null = null) {
  const view = renderHook((known: string | null) => useConfig(known), { initialProps: key });
  await wait(10);
  return view;
}

describe("useConfig", () => {
  it("returns the config, and fetches it once", async () => {
    answer = async () => json(200, CONFIG);
    const { result } = await asking();
    expect(result.current).toMatchObject({ config: CONFIG, problem: null });
    await wait(60_000);
    expect(asked).toHaveLength(1);
  });

  it("fetches again until the server answers", async () => {
    answer = () => Promise.reject(new TypeError("Failed to fetch"));
    const { result } = await asking();
    expect(result.current).toMatchObject({ config: null, problem: { code: "unreachable" } });
    answer = async () => json(500, {});
    await wait(3000);
    expect(result.current.problem).toMatchObject({ status: 500 });
    answer = async () => json(200, CONFIG);
    await wait(3000);
    expect(result.current).toMatchObject({ config: CONFIG, problem: null });
  });

  it("fetches again while the models are loading", async () => {
    answer = async () => json(200, LOADING);
    const { result } = await asking();
    expect(isLoaded(result.current.config ?? CONFIG)).toBe(false);
    answer = async () => json(200, CONFIG);
    await wait(3000);
    expect(isLoaded(result.current.config ?? LOADING)).toBe(true);
  });

  it("fetches at once on `reload`, and keeps the last config if that fails", async () => {
    answer = async () => json(200, CONFIG);
    const { result } = await asking();
    answer = () => Promise.reject(new TypeError("Failed to fetch"));
    act(() => result.current.reload());
    await wait(10);
    expect(asked).toHaveLength(2);
    expect(result.current).toMatchObject({ config: CONFIG, problem: { code: "unreachable" } });
  });

  it("does not fetch twice after a `reload` between two tries", async () => {
    answer = () => Promise.reject(new TypeError("Failed to fetch"));
    const { result } = await asking();
    await wait(1000);
    act(() => result.current.reload());
    await wait(2500);
    expect(asked).toHaveLength(2);
    await wait(600);
    expect(asked).toHaveLength(3);
  });

  it("fetches again with a new key", async () => {
    answer = async () => json(200, CONFIG);
    const { rerender } = await asking();
    rerender("secret");
    await wait(10);
    expect(asked.map((request) => request.headers.get("x-api-key"))).toEqual([null, "secret"]);
  });

  it("stops on unmount", async () => {
    answer = () => Promise.reject(new TypeError("Failed to fetch"));
    const { unmount } = await asking();
    unmount();
    await wait(60_000);
    expect(asked).toHaveLength(1);
  });
});
