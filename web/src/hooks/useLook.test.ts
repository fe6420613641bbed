import { act, renderHook } from "@testing-library/react";
import { useReducer } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as api from "@/api/look";
import { ProblemError, UNREACHABLE } from "@/api/problem";
import type { Config, DryRun } from "@/api/types";
import type { Photo } from "@/photos/photo";
import { EMPTY, reduce, type Action } from "@/photos/reducer";
import { servePictures } from "@/test/pictures";
import {
  CONFIG,
  dryRunOf,
  LOADING,
  LOOKING,
  OPTIONS,
  photoOf,
  previewOf,
  PREVIEWING,
  problemOf,
  resultOf,
} from "@/test/samples";
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
    photo: (index: number) => view.result.current.state.photos[index],
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

describe("a photo that the browser cannot show", () => {
  const unshown = (id: string) => photoOf({ id, url: "", size: null });
  const preview = previewOf({ photo_width: 4000, photo_height: 3200 });
  const shown = { size: { width: 4000, height: 3200 }, preview: { width: 100, height: 80 } };
  beforeEach(() => void servePictures({ width: 100, height: 80 }));

  it("gets the server's picture, of which the text is not kept", async () => {
    const page = looking([unshown("a")], PREVIEWING);
    await wait();
    expect(asked[0]?.fields).toMatchObject({ dry_run: "true", preview: "true" });
    await answer(0, dryRunOf({ preview }));
    await wait(0);
    expect(page.photo(0)).toMatchObject({ ...shown, url: expect.stringMatching(/^blob:/) as string });
    expect(page.look()?.facts).toEqual(dryRunOf());
    await page.does(size(1));
    await wait();
    expect(asked[1]?.fields).not.toHaveProperty("preview");
    await answer(1);
    expect(page.photo(0)).toMatchObject(shown);
  });

  it("gets it too when it is done, which is no look at what would come", async () => {
    const page = looking([{ ...unshown("a"), result: resultOf() }], PREVIEWING);
    expect(page.isLooking()).toBe(false);
    await wait();
    await answer(0, dryRunOf({ preview }));
    await wait(60_000);
    expect(page.photo(0)).toMatchObject(shown);
    expect(asked).toHaveLength(1);
  });

  it("gets it although it is not the one that is shown, after that one", async () => {
    const page = looking([photoOf({ id: "a" }), unshown("b"), unshown("c")], PREVIEWING);
    await wait();
    expect(asked[0]?.fields).not.toHaveProperty("preview");
    await answer(0);
    expect(page.isLooking()).toBe(false);
    await wait();
    await answer(1, dryRunOf({ preview }));
    await wait();
    await answer(2, dryRunOf({ preview }));
    await wait(60_000);
    expect([1, 2].map((index) => page.photo(index)?.size)).toEqual([shown.size, shown.size]);
    expect(asked).toHaveLength(3);
  });

  it("waits until it is shown where the server was asked too often", async () => {
    const page = looking([photoOf({ id: "a" }), unshown("b")], PREVIEWING);
    await wait();
    await answer(0);
    await wait();
    await refuse(1, problemOf({ status: 429, retryAfter: 7 }));
    await wait(60_000);
    expect(asked).toHaveLength(2);
    await page.does({ type: "selected", id: "b" });
    await wait(7000);
    await wait();
    expect(asked[2]?.fields).toMatchObject({ preview: "true" });
  });

  it("has none from a server of an earlier version", async () => {
    const page = looking([unshown("a"), unshown("b")], LOOKING);
    await wait();
    expect(asked[0]?.fields).not.toHaveProperty("preview");
    await answer(0);
    await wait(60_000);
    expect(page.photo(0)).toMatchObject({ size: null, preview: null });
    expect(asked).toHaveLength(1);
  });

  it("has none where the server's picture is none, and is not asked again", async () => {
    servePictures(null);
    const page = looking([unshown("a")], PREVIEWING);
    await wait();
    await answer(0, dryRunOf({ preview }));
    await wait(60_000);
    expect(page.photo(0)).toMatchObject({ size: null, preview: null });
    expect(asked).toHaveLength(1);
  });

  it("lets a picture go that comes when the photo is removed", async () => {
    const revoke = vi.spyOn(URL, "revokeObjectURL");
    const page = looking([unshown("a")], PREVIEWING);
    await wait();
    await act(async () => {
      asked[0]?.resolve(dryRunOf({ preview }));
      page.result.current.dispatch({ type: "removed", id: "a" });
    });
    await wait();
    expect(revoke).toHaveBeenCalledOnce();
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
