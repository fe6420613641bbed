import { act, renderHook } from "@testing-library/react";
import { useReducer } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as api from "@/api/look";
import { ProblemError, UNREACHABLE } from "@/api/problem";
import type { Config, DryRun } from "@/api/types";
import type { Photo } from "@/photos/photo";
import { EMPTY, reduce, type Action } from "@/photos/reducer";
import { CONFIG, dryRunOf, LOADING, LOOKING, OPTIONS, photoOf, problemOf, resultOf } from "@/test/samples";
import { PATIENCE_MS, useLook } from "./useLook";

vi.mock("@/api/look");

type Asked = {
  fields: Record<string, FormDataEntryValue>;
  key: string | null;
  signal: AbortSignal;
  resolve: (facts: DryRun) => void;
  reject: (error: unknown) => void;
};

let asked: Asked[];
beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  vi.mocked(api.look).mockImplementation(
    (form, { key, signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
        asked.push({ fields: Object.fromEntries(form), key, signal, resolve, reject });
      }),
  );
});
afterEach(() => {
  vi.useRealTimers();
});

function looking(photos: Photo[], config: Config | null = LOOKING) {
  const view = renderHook(
    ({ key, config }: { key: string | null; config: Config | null }) => {
      const selected = photos[0]?.id ?? null;
      const [state, dispatch] = useReducer(reduce, { ...EMPTY, options: OPTIONS, photos, selected });
      return { state, dispatch, isLooking: useLook(state, dispatch, { key, config }) };
    },
    { initialProps: { key: null as string | null, config } },
  );
  return {
    ...view,
    look: () => view.result.current.state.photos[0]?.look,
    isLooking: () => view.result.current.isLooking,
    does: (action: Action) => act(async () => view.result.current.dispatch(action)),
  };
}

const wait = (ms = PATIENCE_MS) => act(() => vi.advanceTimersByTimeAsync(ms));
const answer = (index: number, facts = dryRunOf()) => act(async () => asked[index]?.resolve(facts));
const refuse = (index: number, problem: ReturnType<typeof problemOf>) =>
  act(async () => asked[index]?.reject(new ProblemError(problem)));
const photos = () => ["a", "b"].map((id) => photoOf({ id })) as [Photo, Photo];
const size = (upscale_factor: number): Action => ({ type: "options", options: { ...OPTIONS, upscale_factor } });

describe("a photo that is shown", () => {
  it("is looked at once it is chosen, and no other", async () => {
    const page = looking(photos());
    expect(page.isLooking()).toBe(true);
    expect(asked).toHaveLength(0);
    await wait();
    expect(asked).toHaveLength(1);
    expect(asked[0]?.fields).toMatchObject({ dry_run: "true", require_face: "false", upscale_factor: "2" });
    await answer(0);
    expect(page.look()).toMatchObject({ facts: dryRunOf(), faces: "none", problem: null });
    expect(page.isLooking()).toBe(false);
    await wait(60_000);
    expect(asked).toHaveLength(1);
  });

  it("is looked at again when the options change, after a pause, and the old look is aborted", async () => {
    const page = looking(photos());
    await wait();
    await page.does(size(4));
    expect(asked[0]?.signal.aborted).toBe(true);
    await wait(PATIENCE_MS / 2);
    await page.does(size(8));
    await wait(PATIENCE_MS / 2);
    expect(asked).toHaveLength(1);
    await wait();
    expect(asked[1]?.fields).toMatchObject({ upscale_factor: "8" });
    await answer(0);
    expect(page.look()).toBeNull();
    await answer(1);
    expect(page.look()?.facts).toEqual(dryRunOf());
  });

  it("is looked at with its boxes", async () => {
    const page = looking(photos());
    await page.does({ type: "marked", id: "a", boxes: [[10, 10, 40, 40]] });
    await wait();
    expect(asked[0]?.fields).toMatchObject({ face_boxes: "[[10,10,40,40]]" });
  });

  it("is left alone when another one is shown", async () => {
    const page = looking(photos());
    await wait();
    await page.does({ type: "selected", id: "b" });
    expect(asked[0]?.signal.aborted).toBe(true);
    await wait();
    expect(asked).toHaveLength(2);
  });

  it("is not looked at while any photo is being restored, but afterwards", async () => {
    const page = looking(photos());
    await wait();
    await page.does({ type: "requested", ids: ["b"] });
    expect(asked[0]?.signal.aborted).toBe(true);
    await wait(60_000);
    expect(asked).toHaveLength(1);
    await page.does({ type: "started", id: "b", now: 0, stages: null });
    await page.does({ type: "finished", id: "b", result: resultOf() });
    await wait();
    expect(asked).toHaveLength(2);
  });

  it.each<[string, Config | null, Partial<Photo>]>([
    ["a server of an earlier version", CONFIG, {}],
    ["a server that loads its models", { ...LOADING, defaults: LOOKING.defaults }, {}],
    ["no server", null, {}],
    ["a refused photo", LOOKING, { refusal: { key: "intake.empty" } }],
    ["a photo that is done", LOOKING, { result: resultOf() }],
    ["a photo whose result would be too large", LOOKING, { size: { width: 6000, height: 5000 } }],
  ])("is not looked at: %s", async (_what, config, changes) => {
    const page = looking([photoOf({ id: "a", ...changes })], config);
    await wait(60_000);
    expect(asked).toHaveLength(0);
    expect(page.isLooking()).toBe(false);
  });
});

describe("a look that fails", () => {
  it.each([429, 503])("because the server is busy (%d) is not shown, and tried again later", async (status) => {
    const page = looking(photos());
    await wait();
    await refuse(0, problemOf({ status, retryAfter: 7 }));
    expect(page.look()).toBeNull();
    expect(page.isLooking()).toBe(false);
    await wait(6900);
    expect(asked).toHaveLength(1);
    await wait(100);
    await wait();
    expect(asked).toHaveLength(2);
    await answer(1);
    expect(page.look()?.facts).toEqual(dryRunOf());
  });

  it("because the server is busy waits twice as long each time", async () => {
    looking(photos());
    await wait();
    for (const [index, seconds] of [5, 10, 20].entries()) {
      await refuse(index, problemOf({ status: 503, retryAfter: null }));
      await wait(seconds * 1000 - 1);
      expect(asked).toHaveLength(index + 1);
      await wait(1);
      await wait();
      expect(asked).toHaveLength(index + 2);
    }
  });

  it.each([413, 415, 422])("because of the photo (%d) tells why", async (status) => {
    const page = looking(photos());
    const problem = problemOf({ status, message: "This is no photo." });
    await wait();
    await refuse(0, problem);
    expect(page.look()).toMatchObject({ facts: null, problem });
    await wait(60_000);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ["an error of the server", problemOf({ status: 500 })],
    ["a server that cannot be reached", UNREACHABLE],
  ])("because of %s is not shown, and not tried again before something changes", async (_what, problem) => {
    const page = looking(photos());
    await wait();
    await refuse(0, problem);
    expect(page.look()).toMatchObject({ facts: null, problem: null });
    await wait(60_000);
    expect(asked).toHaveLength(1);
    await page.does(size(4));
    await wait();
    expect(asked).toHaveLength(2);
  });

  it("because of the API key is not tried again with it, for any photo", async () => {
    const page = looking(photos());
    await wait();
    await refuse(0, problemOf({ status: 401 }));
    await page.does({ type: "selected", id: "b" });
    await wait(60_000);
    expect(asked).toHaveLength(1);
    page.rerender({ key: "secret", config: LOOKING });
    await wait();
    expect(asked[1]?.key).toBe("secret");
  });
});

it("ends with the page", async () => {
  const page = looking(photos());
  await wait();
  page.unmount();
  expect(asked[0]?.signal.aborted).toBe(true);
});
