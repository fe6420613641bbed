import { act, renderHook, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { EMPTY, reduce, type Action, type State } from "@/photos/reducer";
import type { Fault } from "@/storage/faults";
import { CONFIG, photoOf, resultOf } from "@/test/samples";
import { useLasting } from "./useLasting";

type Events = { onFault: (fault: Fault | null) => void; onEmptied: () => void };

const storage = vi.hoisted(() => ({
  open: vi.fn(),
  forgetAll: vi.fn(),
}));
vi.mock("@/storage/keeper", () => ({ Keeper: { open: storage.open }, forgetAll: storage.forgetAll }));

function keeperOf(found = { written: [] as unknown[], selected: null as string | null, lost: 0 }) {
  return {
    load: vi.fn(async () => found),
    see: vi.fn(),
    flush: vi.fn(async () => undefined),
    close: vi.fn(async () => undefined),
    empty: vi.fn(async () => undefined),
    bytes: vi.fn(async () => 12),
    isUpToDate: vi.fn(() => true),
  };
}

/** A keeper that opens, and what the page tells it. */
function serve(keeper = keeperOf()) {
  let events: Events | null = null;
  storage.open.mockImplementation(async (given: Events) => {
    events = given;
    return keeper;
  });
  return { keeper, events: () => events as unknown as Events };
}

function show(state: State = EMPTY, isReady = true) {
  const dispatch = vi.fn<(action: Action) => void>();
  const onEmptied = vi.fn();
  const hook = renderHook(
    (props: { state: State; isReady: boolean }) =>
      useLasting(props.state, dispatch, { config: props.isReady ? CONFIG : null, onEmptied }),
    { initialProps: { state, isReady } },
  );
  return { ...hook, dispatch, onEmptied, lasting: () => hook.result.current };
}

const withPhoto = reduce(EMPTY, { type: "added", photos: [photoOf()] });

beforeEach(() => {
  storage.open.mockReset();
  storage.forgetAll.mockReset().mockResolvedValue(undefined);
});

describe("what lasts", () => {
  it("waits for the server, then brings the photos of the last visit back", async () => {
    const photo = photoOf({ id: "kept", result: resultOf() });
    const { keeper } = serve(keeperOf({ written: [{ photo }], selected: "kept", lost: 2 }));
    const page = show(EMPTY, false);
    expect(storage.open).not.toHaveBeenCalled();
    page.rerender({ state: EMPTY, isReady: true });
    await waitFor(() => expect(page.lasting().lost).toBe(2));
    expect(page.dispatch.mock.calls).toEqual([[{ type: "restored", photos: [photo], selected: "kept" }]]);
    await waitFor(() => expect(keeper.see).toHaveBeenCalled());
    expect(page.lasting()).toMatchObject({ isOn: true, fault: null });
    expect(page.lasting().isKept()).toBe(true);
    expect(await page.lasting().bytes()).toBe(12);
  });

  it("tells the keeper nothing before it has brought back what was kept", async () => {
    const { keeper } = serve();
    let found: (value: never) => void = () => undefined;
    keeper.load.mockImplementation(() => new Promise((resolve) => (found = resolve as typeof found)));
    const page = show(withPhoto);
    await waitFor(() => expect(keeper.load).toHaveBeenCalled());
    expect(keeper.see).not.toHaveBeenCalled();
    expect(page.lasting().isKept()).toBe(false);
    await act(async () => found({ written: [], selected: null, lost: 0 } as never));
    expect(keeper.see).toHaveBeenLastCalledWith({ photos: withPhoto.photos, selected: withPhoto.selected });
  });

  it("is written when the page is put away", async () => {
    const { keeper } = serve();
    const page = show(withPhoto);
    await waitFor(() => expect(keeper.see).toHaveBeenCalled());
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    expect(keeper.flush).toHaveBeenCalledOnce();
    page.unmount();
    await waitFor(() => expect(keeper.close).toHaveBeenCalledOnce());
  });
});

describe("faults", () => {
  it.each<[string, Fault]>([
    ["VersionError", "newer"],
    ["SecurityError", "unavailable"],
  ])("%s on opening: %s", async (name, fault) => {
    storage.open.mockRejectedValue(new DOMException("no", name));
    const page = show(withPhoto);
    await waitFor(() => expect(page.lasting().fault).toBe(fault));
    expect(page.lasting().isKept()).toBe(false);
    expect(await page.lasting().bytes()).toBeNull();
    expect(page.dispatch).not.toHaveBeenCalled();
  });

  it("are told as they come and go", async () => {
    const { keeper, events } = serve();
    const page = show(withPhoto);
    await waitFor(() => expect(keeper.see).toHaveBeenCalled());
    act(() => events().onFault("full"));
    expect(page.lasting().fault).toBe("full");
    act(() => events().onFault(null));
    expect(page.lasting().fault).toBeNull();
  });

  it("of reading close the database again", async () => {
    const { keeper } = serve();
    keeper.load.mockRejectedValue(new DOMException("broken", "UnknownError"));
    const page = show();
    await waitFor(() => expect(page.lasting().fault).toBe("unavailable"));
    expect(keeper.close).toHaveBeenCalledOnce();
  });
});

describe("the setting", () => {
  it("off: the keeper ends, everything is deleted, also at the next visit, and on again it is kept", async () => {
    const { keeper } = serve();
    const page = show(withPhoto);
    await waitFor(() => expect(keeper.see).toHaveBeenCalled());
    act(() => page.lasting().turn(false));
    expect(page.lasting().isOn).toBe(false);
    await waitFor(() => expect(storage.forgetAll).toHaveBeenCalledOnce());
    expect(keeper.close).toHaveBeenCalledOnce();
    expect(page.lasting().isKept()).toBe(false);
    page.unmount();

    const later = show(withPhoto);
    await waitFor(() => expect(storage.forgetAll).toHaveBeenCalledTimes(2));
    expect(storage.open).toHaveBeenCalledOnce();
    act(() => later.lasting().turn(true));
    await waitFor(() => expect(storage.open).toHaveBeenCalledTimes(2));
  });

  it("on again waits until what was kept before is deleted", async () => {
    serve();
    let deleted: () => void = () => undefined;
    storage.forgetAll.mockImplementation(() => new Promise<void>((resolve) => (deleted = resolve)));
    localStorage.setItem("likeness.keep", "off");
    const page = show(withPhoto);
    await waitFor(() => expect(storage.forgetAll).toHaveBeenCalled());
    act(() => page.lasting().turn(true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(storage.open).not.toHaveBeenCalled();
    await act(async () => deleted());
    await waitFor(() => expect(storage.open).toHaveBeenCalledOnce());
  });

  it("says what could not be deleted", async () => {
    storage.forgetAll.mockRejectedValue(new DOMException("no", "UnknownError"));
    localStorage.setItem("likeness.keep", "off");
    const page = show();
    await waitFor(() => expect(page.lasting().fault).toBe("undeleted"));
  });
});

describe("deleting all", () => {
  it("deletes what is kept, and then the photos of the page", async () => {
    const { keeper } = serve();
    const page = show(withPhoto);
    await waitFor(() => expect(keeper.see).toHaveBeenCalled());
    await act(() => page.lasting().deleteAll());
    expect(keeper.empty).toHaveBeenCalledOnce();
    expect(page.onEmptied).toHaveBeenCalledOnce();
  });

  it("leaves the page's photos where that has failed", async () => {
    const { keeper } = serve();
    keeper.empty.mockRejectedValue(new DOMException("no", "UnknownError"));
    const page = show(withPhoto);
    await waitFor(() => expect(keeper.see).toHaveBeenCalled());
    await expect(page.lasting().deleteAll()).rejects.toThrow("no");
    expect(page.onEmptied).not.toHaveBeenCalled();
  });

  it("in another tab empties this page too", async () => {
    const { keeper, events } = serve();
    const page = show(withPhoto);
    await waitFor(() => expect(keeper.see).toHaveBeenCalled());
    act(() => events().onEmptied());
    expect(page.onEmptied).toHaveBeenCalledOnce();
  });
});
