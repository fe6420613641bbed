import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { EMPTY, reduce, type Action, type State } from "@/photos/reducer";
import { photoOf, resultOf } from "@/test/samples";
import { RoundNote } from "./RoundNote";

function after(...actions: Action[]): State {
  const photos = ["a", "b", "c", "d"].map((id) => photoOf({ id }));
  return actions.reduce(reduce, reduce(EMPTY, { type: "added", photos }));
}

const ask = (...ids: string[]): Action => ({ type: "requested", ids });
const start = (id: string): Action => ({ type: "started", id, now: Date.now(), stages: null });
const finish = (id: string, seconds: number): Action => ({ type: "finished", id, result: { ...resultOf(), seconds } });

function show({ round, photos }: State) {
  return render(<RoundNote round={round} photos={photos} />).container;
}

it("says which photo of how many is at work", () => {
  show(after(ask("a", "b", "c"), start("a")));
  expect(screen.getByText("Photo 1 of 3")).toBeVisible();
  expect(screen.getByRole("progressbar", { name: "Photo 1 of 3" })).toHaveAttribute("aria-valuenow", "0");
});

it("says how long all will take once that is known", () => {
  show(after(ask("a", "b", "c", "d"), start("a"), finish("a", 80), start("b")));
  expect(screen.getByText("Photo 2 of 4 · about 4 min left")).toBeVisible();
  const bar = screen.getByRole("progressbar", { name: "Photo 2 of 4" });
  expect(bar).toHaveAttribute("aria-valuetext", "25%, about 4 min left");
});

it("shows nothing for one photo, nor for none", () => {
  expect(show(after(ask("a"), start("a")))).toBeEmptyDOMElement();
  expect(show(after())).toBeEmptyDOMElement();
});
