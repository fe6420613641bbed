import { renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Photo } from "@/photos/photo";
import { photoOf, resultOf } from "@/test/samples";
import { useLeaving } from "./useLeaving";

/** Whether the browser would ask. */
function leave(): boolean {
  const event = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(event);
  return event.defaultPrevented;
}

const idle = photoOf();
const done = photoOf({ result: resultOf() });
const waiting = photoOf({ work: { phase: "waiting", tries: 0 } });

it.each<[string, Photo[], boolean, boolean]>([
  ["nothing", [], false, false],
  ["a photo without a result", [idle], false, false],
  ["a result that is kept", [done], true, false],
  ["a result that is not kept", [idle, done], false, true],
  ["work under way", [done, waiting], true, true],
])("leaving with %s", (_, photos, isKept, asks) => {
  renderHook(() => useLeaving(photos, () => isKept));
  expect(leave()).toBe(asks);
});

it("looks at what is kept in the moment of leaving", () => {
  let isKept = false;
  const { rerender, unmount } = renderHook(({ photos }) => useLeaving(photos, () => isKept), {
    initialProps: { photos: [done] },
  });
  expect(leave()).toBe(true);
  isKept = true;
  rerender({ photos: [done] });
  expect(leave()).toBe(false);
  isKept = false;
  unmount();
  expect(leave()).toBe(false);
});
