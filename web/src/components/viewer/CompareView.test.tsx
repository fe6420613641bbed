import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Result, Size } from "@/photos/photo";
import { faceOf, photoOf, resultOf } from "@/test/samples";
import { servePointer } from "@/test/pointer";
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
  const callbacks = { onSides: vi.fn(), onFace: vi.fn(), onResult: vi.fn(), onSettings: vi.fn() };
  const ignored = { onRemove: vi.fn(), onDrawn: vi.fn(), onEnd: vi.fn() };
  const faces = [faceOf({ box: [10, 10, 40, 40] }), faceOf({ box: [70, 50, 90, 70] })];
  const result = { ...resultOf({ faces }), ...more };
  const results = [...(earlier ? [earlier] : []), result];
  const photo = photoOf({ result, results, size });
  const pictures = picturesOf(photo, result, wordsIn("en", ENGLISH));
  const enlargement = size && 2;
  const { onSides, onFace: onSelect, onResult, onSettings } = callbacks;
  const history = { photo, onResult, onSettings };
  const marks = { faces, selected, onSelect, boxes: [], isMarking: false, ...ignored };
  const view = { name: "portrait.jpeg", result, enlargement, pictures, history, marks, toolbar: document.body };
  render(<CompareView {...view} shown={sidesOf(pictures, sides)} onSides={onSides} markButton={null} />);
  return { ...callbacks, results, user: userEvent.setup() };
}

const viewer = () => screen.getByRole("group", { name: /^Comparison/ });
const pictures = () => screen.getAllByRole("img").filter((image) => image.tagName === "IMG");
const zoom = () => screen.getByRole("status", { name: "Zoom" });
const place = () => screen.getByRole("img", { name: "portrait.jpeg after" }).style.transform;
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

beforeEach(servePointer);

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
    expect(screen.getAllByText("result 1 · portrait", { selector: "span" })).toHaveLength(2); // over it, and in the menu
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

  it("shows the pictures beside each other, in one size and at the same place, and remembers it", () => {
    showing();
    press("Side by side");
    expect(screen.getByRole("button", { name: "Side by side", pressed: true })).toBeInTheDocument();
    expect(screen.queryByRole("slider")).not.toBeInTheDocument();
    const [before, after] = pictures();
    expect([before?.getAttribute("src"), after?.getAttribute("src")]).toEqual(["blob:photo", "blob:result"]);
    press("1:1");
    press("Zoom in");
    expect(before?.style.cssText).toBe(after?.style.cssText);
    expect(localStorage.getItem("likeness.compare")).toBe("beside");
    expect(screen.getAllByRole("button", { name: /^Face/ })).toHaveLength(2); // on the result alone
  });

  it("shows the difference, with what bright means, as bright as a person wants", async () => {
    localStorage.setItem("likeness.compare", "difference");
    const { user } = showing();
    expect(screen.getByText("Bright: changed. Black: the same.")).toBeVisible();
    const ground = pictures()[0]?.parentElement?.parentElement;
    expect(ground).toHaveStyle({ filter: "brightness(4)" });
    await user.selectOptions(screen.getByRole("combobox", { name: "Amplified" }), "×16");
    expect(ground).toHaveStyle({ filter: "brightness(16)" });
  });

  it("shows no difference of a picture that the browser cannot show", () => {
    localStorage.setItem("likeness.compare", "difference");
    showing(BEFORE_AND_AFTER, null, SIZE, { isShown: false });
    expect(screen.queryByText(/^Bright/)).not.toBeInTheDocument();
    expect(screen.getByText(/cannot show its format/)).toBeInTheDocument();
  });

  it("is a movable line if something else was remembered", () => {
    localStorage.setItem("likeness.compare", "sideways");
    showing();
    expect(screen.getByRole("slider", { name: /^Line/ })).toBeInTheDocument();
  });

  const held = () => screen.queryAllByRole("status").some(({ textContent }) => textContent === "Original");

  it("shows the original while a key is held on the picture, but not on a button", async () => {
    const { user } = showing();
    viewer().focus();
    for (const key of ["[Space", "[KeyB"]) {
      await user.keyboard(`${key}>]`);
      expect(held()).toBe(true);
      await user.keyboard(`[/${key.slice(1)}]`);
      expect(held()).toBe(false);
    }
    screen.getByRole("button", { name: "Face 1" }).focus();
    await user.keyboard("{b>}");
    expect(held()).toBe(false);
  });

  it("shows the original while the button is held, by pointer or key, and never stays so", async () => {
    const { user } = showing();
    const button = screen.getByRole("button", { name: "Hold to see the original" });
    button.setPointerCapture = vi.fn();
    fireEvent.pointerDown(button, { button: 0 });
    expect(held()).toBe(true);
    expect(button).toHaveAttribute("aria-pressed", "true");
    fireEvent.pointerUp(button);
    expect(held()).toBe(false);
    button.focus();
    await user.keyboard("{Enter>}");
    expect(held()).toBe(true);
    await user.tab(); // the key is let go elsewhere
    expect(held()).toBe(false);
  });

  it("has no original to hold up if it cannot be shown", () => {
    showing(BEFORE_AND_AFTER, null, null);
    expect(screen.queryByRole("button", { name: /^Hold/ })).not.toBeInTheDocument();
  });

  it("goes through the results by buttons and keys", () => {
    const { onResult, results } = showing(BEFORE_AND_AFTER, EARLIER);
    press("Undo");
    expect(onResult).toHaveBeenLastCalledWith(results[0]);
    fireEvent.keyDown(document.body, { key: "z", ctrlKey: true });
    expect(onResult).toHaveBeenCalledTimes(2);
    press("Redo"); // the last one is shown
    fireEvent.keyDown(document.body, { key: "z", ctrlKey: true, shiftKey: true });
    expect(onResult).toHaveBeenCalledTimes(2);
    expect(screen.getByText("Result 2 of 2 is shown.")).toBeInTheDocument();
  });

  it("lists the results, newest first, and uses the settings of the shown one again", () => {
    const { onResult, onSettings, results } = showing(BEFORE_AND_AFTER, EARLIER);
    const list = screen.getAllByRole("button", { name: /^result \d/, hidden: true });
    expect(list.map((one) => one.getAttribute("aria-pressed"))).toEqual(["true", "false"]);
    expect(list[0]).toHaveAccessibleName(/^result 2 · compact, \d/);
    fireEvent.click(list[1] as HTMLElement);
    expect(onResult).toHaveBeenCalledExactlyOnceWith(results[0]);
    press("Use these settings");
    expect(onSettings).toHaveBeenCalledExactlyOnceWith(results[1]);
  });

  it("has no history with one result", () => {
    showing();
    expect(screen.queryByRole("button", { name: "Undo" })).not.toBeInTheDocument();
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
