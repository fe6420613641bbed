import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { useTour } from "./useTour";

function touring(hasResult = true) {
  const view = renderHook((has: boolean) => useTour(has), { initialProps: hasResult });
  const does = (what: "next" | "close" | "restart") => act(() => view.result.current[what]());
  return { hint: () => view.result.current.hint, does, rerender: view.rerender };
}

it("begins with the first result, and ends after the last hint", () => {
  const tour = touring(false);
  expect(tour.hint()).toBeNull();
  tour.rerender(true);
  const hints = [0, 1, 2].map(() => {
    const hint = tour.hint();
    tour.does("next");
    return hint;
  });
  expect(hints).toEqual(["compare", "faces", "results"]);
  expect(tour.hint()).toBeNull();
});

it("is not shown again on another visit, until a person asks for it", () => {
  touring().does("close");
  const later = touring();
  expect(later.hint()).toBeNull();
  later.does("restart");
  expect(later.hint()).toBe("compare");
});
