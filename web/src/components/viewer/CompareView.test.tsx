import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Result, Size } from "@/photos/photo";
import { faceOf, photoOf, resultOf } from "@/test/samples";
import { BEFORE_AND_AFTER, picturesOf, sidesOf, type Sides } from "@/photos/versions";
import { ENGLISH } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { CompareView } from "./CompareView";

// The picture has 200 × 160 pixels and the viewer 800 × 600 (see test/setup.ts), so it is fitted at 375 %.
const FITTED = "375 %";

const EARLIER = { ...resultOf({ models: { detector: "mtcnn", restorer: "portrait" } }), url: "blob:earlier" };

const SIZE = { width: 100, height: 80 };

function showing(
  sides: Sides = BEFORE_AND_AFTER,
  earlier: Result | null = null,
  size: Size | null = SIZE,
  more = {},
  selected: number | null = null,
) {
  const callbacks = { onSides: vi.fn(), onFace: vi.fn() };
  const ignored = { onRemove: vi.fn(), onDrawn: vi.fn(), onEnd: vi.fn() };
  const faces = [faceOf({ box: [10, 10, 40, 40] }), faceOf({ box: [70, 50, 90, 70] })];
  const result = { ...resultOf({ faces }), ...more };
  const results = [...(earlier ? [earlier] : []), result];
  const pictures = picturesOf(photoOf({ result, results, size }), result, wordsIn("en", ENGLISH));
  const enlargement = size && 2;
  const { onSides, onFace: onSelect } = callbacks;
  const marks = { faces, selected, onSelect, boxes: [], isMarking: false, ...ignored };
  const view = { name: "portrait.jpeg", result, enlargement, pictures, marks, toolbar: document.body };
  render(<CompareView {...view} shown={sidesOf(pictures, sides)} onSides={onSides} markButton={null} />);
  return { ...callbacks, user: userEvent.setup() };
}

const viewer = () => screen.getByRole("group", { name: /^Comparison/ });
const pictures = () => screen.getAllByRole("img").filter((image) => image.tagName === "IMG");
const zoom = () => screen.getByRole("status", { name: "Zoom" });
const place = () => screen.getByRole("img", { name: "portrait.jpeg after" }).style.transform;
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

describe("CompareView", () => {
  it("shows before and after over each other", () => {
    showing();
    const [before, after] = pictures();
    expect(before).toHaveAccessibleName("portrait.jpeg before");
    expect(before).toHaveAttribute("src", "blob:photo");
    expect(after).toHaveAttribute("src", "blob:result");
    expect(before?.style.width).toBe(after?.style.width);
    expect(screen.getByRole("slider", { name: "Line between before and after" })).toBeInTheDocument();
  });

  it("says that a photo cannot be shown, beside its result", () => {
    showing(BEFORE_AND_AFTER, null, null);
    expect(screen.getByText(/cannot show this photo/)).toBeInTheDocument();
    expect(pictures().map((image) => image.getAttribute("src"))).toEqual(["blob:result"]);
  });

  it("says that a result cannot be shown, beside the photo, and where it is", () => {
    showing(BEFORE_AND_AFTER, null, SIZE, { isShown: false });
    expect(screen.getByText(/cannot show its format\. Download it/)).toBeInTheDocument();
    expect(pictures().map((image) => image.getAttribute("src"))).toEqual(["blob:photo"]);
    expect(screen.getByRole("button", { name: "Face 1" })).toBeInTheDocument();
  });

  it("marks no faces where their places are unknown", () => {
    showing(BEFORE_AND_AFTER, null, null);
    expect(screen.queryByRole("button", { name: "Face 1" })).not.toBeInTheDocument();
  });

  it("swaps the sides", () => {
    const { onSides } = showing(["after", "before"]);
    expect(pictures()[0]).toHaveAccessibleName("portrait.jpeg after");
    expect(screen.getByRole("slider", { name: "Line between after and before" })).toBeInTheDocument();
    fireEvent.click(screen.getByRole("button", { name: "Swap sides", pressed: true }));
    expect(onSides).toHaveBeenCalledExactlyOnceWith(["before", "after"]);
  });

  it("shows an earlier result beside the last one, in the same size", () => {
    showing(["blob:earlier", "after"], EARLIER);
    const [left, right] = pictures();
    expect(left).toHaveAccessibleName("portrait.jpeg result 1");
    expect(left).toHaveAttribute("src", "blob:earlier");
    expect(right).toHaveAttribute("src", "blob:result");
    expect(left?.style.cssText).toBe(right?.style.cssText);
    expect(screen.getByText("result 1 · portrait", { selector: "span" })).toBeInTheDocument();
  });

  it("lets a person choose each side of three", async () => {
    const { onSides, user } = showing(BEFORE_AND_AFTER, EARLIER);
    const left = screen.getByRole("combobox", { name: "Left side" });
    expect(left).toHaveDisplayValue("before");
    expect(
      within(left)
        .getAllByRole("option")
        .map(({ textContent }) => textContent),
    ).toEqual(["before", "result 1 · portrait", "result 2 · compact"]);
    await user.selectOptions(left, "result 1 · portrait");
    expect(onSides).toHaveBeenLastCalledWith(["blob:earlier", "after"]);
    await user.selectOptions(left, "result 2 · compact"); // the right side shows it
    expect(onSides).toHaveBeenLastCalledWith(["after", "before"]);
    await user.selectOptions(screen.getByRole("combobox", { name: "Right side" }), "result 1 · portrait");
    expect(onSides).toHaveBeenLastCalledWith(["before", "blob:earlier"]);
  });

  it("has nothing to choose with one result", () => {
    showing();
    expect(screen.queryByRole("combobox")).not.toBeInTheDocument();
  });

  it("is zoomed by buttons, to 1:1 and back to fitted", () => {
    showing();
    expect(zoom()).toHaveTextContent(FITTED);
    press("Zoom in");
    expect(zoom()).toHaveTextContent("563 %");
    press("Zoom in");
    press("Zoom in");
    expect(zoom()).toHaveTextContent("800 %");
    press("Zoom out");
    expect(zoom()).toHaveTextContent("533 %");
    press("1:1");
    expect(zoom()).toHaveTextContent("100 %");
    press("Whole picture");
    expect(zoom()).toHaveTextContent(FITTED);
  });

  it("is zoomed and moved by keys", async () => {
    const { onSides, user } = showing();
    viewer().focus();
    await user.keyboard("++");
    expect(zoom()).toHaveTextContent("800 %");
    const before = place();
    await user.keyboard("{ArrowRight}{ArrowDown}");
    expect(place()).not.toBe(before);
    await user.keyboard("{ArrowLeft}{ArrowUp}");
    expect(place()).toBe(before);
    await user.keyboard("1");
    expect(zoom()).toHaveTextContent("100 %");
    await user.keyboard("0");
    expect(zoom()).toHaveTextContent(FITTED);
    await user.keyboard("s");
    expect(onSides).toHaveBeenCalledExactlyOnceWith(["after", "before"]);
  });

  it("ignores keys with Ctrl, and keys pressed on a button in it", async () => {
    const { onSides, user } = showing();
    viewer().focus();
    await user.keyboard("{Control>}+{/Control}");
    screen.getByRole("button", { name: "Face 1" }).focus();
    await user.keyboard("s+");
    expect(zoom()).toHaveTextContent(FITTED);
    expect(onSides).not.toHaveBeenCalled();
  });

  it("goes to 1:1 on a double click", () => {
    showing();
    fireEvent.doubleClick(viewer());
    expect(zoom()).toHaveTextContent("100 %");
  });

  it("is zoomed by the wheel", () => {
    showing();
    fireEvent.wheel(viewer(), { deltaY: -100 });
    expect(zoom()).not.toHaveTextContent(FITTED);
  });

  it("has a button at each face, which selects it", () => {
    const { onFace } = showing();
    expect(screen.getAllByRole("button", { name: /^Face/ }).map(({ tabIndex }) => tabIndex)).toEqual([0, -1]);
    fireEvent.click(screen.getByRole("button", { name: "Face 1", pressed: false }));
    expect(onFace).toHaveBeenCalledExactlyOnceWith(0);
  });

  it("shows the selected face large, and the whole picture again on Escape", async () => {
    const { onFace, user } = showing(BEFORE_AND_AFTER, null, SIZE, {}, 1);
    // The face has 20 × 20 pixels of the photo, twice as many of the result, and a margin around it.
    expect(zoom()).toHaveTextContent(`${Math.round((100 * 600) / (40 * 1.9))} %`);
    expect(screen.getByRole("button", { name: "Face 2", pressed: true }).tabIndex).toBe(0);
    expect(screen.queryByRole("button", { name: "Face 1" })).not.toBeInTheDocument(); // outside the pane
    viewer().focus();
    await user.keyboard("{Escape}");
    expect(zoom()).toHaveTextContent(FITTED);
    expect(onFace).toHaveBeenCalledExactlyOnceWith(1);
  });
});
