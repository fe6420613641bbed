import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Photo } from "@/photos/photo";
import { BEFORE_AND_AFTER } from "@/photos/versions";
import { pointAt, servePointer } from "@/test/pointer";
import { faceOf, photoOf, resultOf } from "@/test/samples";
import { Viewer } from "./Viewer";

// The photo has 100 × 80 pixels and the viewer 800 × 600: it is fitted at 750 %, with 25 px on its left and right.
const SCALE = 7.5;
const at = pointAt;

beforeEach(servePointer);

function showing(changes: Partial<Photo> = {}, canMark = true, isAwaited = false) {
  const [onBoxes, onFace] = [vi.fn(), vi.fn()];
  const more = { mode: "picture", sides: BEFORE_AND_AFTER, isOfResult: false, selectedFace: null } as const;
  const whole = {
    ...more,
    faces: [faceOf()],
    onSides: vi.fn(),
    onFace,
    toolbar: document.body,
    onResult: vi.fn(),
    onSettings: vi.fn(),
    isAwaited,
  };
  render(<Viewer photo={photoOf(changes)} {...whole} onBoxes={canMark ? onBoxes : null} />);
  return { onBoxes, onFace, user: userEvent.setup() };
}

const markButton = () => screen.getByRole("button", { name: "Mark a face" });
const layer = () => screen.getByRole("application", { name: /^Draw a box around the face/ });

describe("a photo before it is restored", () => {
  it("is shown with its faces, and can be zoomed", async () => {
    const { onFace, user } = showing();
    const photo = screen.getByRole("img", { name: "portrait.jpeg, as it is now" });
    const mark = screen.getByRole("button", { name: "Face 1" });
    expect(mark).toHaveStyle({ left: `${25 + 10 * SCALE}px`, top: `${10 * SCALE}px` });
    fireEvent.click(mark);
    expect(onFace).toHaveBeenCalledExactlyOnceWith(0);
    const before = photo.style.width;
    await user.click(screen.getByRole("button", { name: "Zoom in" }));
    expect(photo.style.width).not.toBe(before);
    expect(screen.queryByRole("button", { name: "Swap sides" })).not.toBeInTheDocument();
  });

  it("is told to be shown smaller than it is, where the server has made its picture", () => {
    showing({ size: { width: 200, height: 160 }, preview: { width: 160, height: 128 } });
    expect(screen.getByText(/^Smaller than the photo: /)).toBeVisible();
    expect(screen.getByRole("img", { name: "portrait.jpeg, as it is now" }).style.width).toBe("750px");
    // The face lies at 10 of 200 pixels, not of 160.
    expect(screen.getByRole("button", { name: "Face 1" })).toHaveStyle({ left: "62.5px" });
  });

  it("is not told so where its picture has all pixels", () => {
    showing({ preview: { width: 100, height: 80 } });
    expect(screen.queryByText(/^Smaller/)).not.toBeInTheDocument();
  });

  it("is awaited from the server if the browser cannot show it, and else it is not", () => {
    const unshown = { url: "", size: null };
    showing(unshown);
    expect(screen.getByText(/The server may still be able to read it\.$/)).toBeVisible();
    cleanup();
    showing(unshown, true, true);
    expect(screen.getByText(/This page asks the server how it looks…$/)).toBeVisible();
  });

  it("offers no marking to a server that takes no boxes", () => {
    showing({}, false);
    expect(screen.queryByRole("button", { name: "Mark a face" })).not.toBeInTheDocument();
  });
});

describe("a face that was not found", () => {
  it("is marked by dragging, in pixels of the photo", async () => {
    const { onBoxes, user } = showing({ boxes: [[1, 1, 20, 20]] });
    await user.click(markButton());
    fireEvent.pointerDown(layer(), at(60, 20));
    fireEvent.pointerMove(layer(), at(80, 40));
    fireEvent.pointerUp(layer(), at(90, 50));
    expect(onBoxes).toHaveBeenCalledExactlyOnceWith([
      [1, 1, 20, 20],
      [60, 20, 90, 50],
    ]);
    expect(screen.queryByRole("application")).not.toBeInTheDocument();
    expect(markButton()).toHaveFocus();
  });

  it("is marked in pixels of the photo also over a result, which is larger", async () => {
    const { onBoxes, user } = showing({ result: resultOf() });
    await user.click(markButton());
    fireEvent.pointerDown(layer(), at(90, 50));
    fireEvent.pointerUp(layer(), at(60, 20));
    expect(onBoxes).toHaveBeenCalledExactlyOnceWith([[60, 20, 90, 50]]);
  });

  it("is marked in pixels of the photo also while it is zoomed", async () => {
    const { onBoxes, user } = showing();
    await user.click(screen.getByRole("button", { name: "1:1" })); // the photo lies in the middle: 350, 260
    await user.click(markButton());
    fireEvent.pointerDown(layer(), { ...at(0, 0), clientX: 360, clientY: 280 });
    fireEvent.pointerUp(layer(), { ...at(0, 0), clientX: 400, clientY: 330 });
    expect(onBoxes).toHaveBeenCalledExactlyOnceWith([[10, 20, 50, 70]]);
  });

  it("is not marked by a click, and the page says why", async () => {
    const { onBoxes, user } = showing();
    await user.click(markButton());
    fireEvent.pointerDown(layer(), at(60, 20));
    fireEvent.pointerUp(layer(), at(62, 22));
    expect(onBoxes).not.toHaveBeenCalled();
    expect(screen.getByText(/That box was too small/)).toBeVisible();
  });

  it.each([
    ["a second finger", () => fireEvent.pointerDown(layer(), { ...at(70, 30), isPrimary: false })],
    ["a cancelled touch", () => fireEvent.pointerCancel(layer())],
  ])("is not marked with %s", async (_what, interrupt) => {
    const { onBoxes, user } = showing();
    await user.click(markButton());
    fireEvent.pointerDown(layer(), at(60, 20));
    interrupt();
    fireEvent.pointerUp(layer(), at(90, 50));
    expect(onBoxes).not.toHaveBeenCalled();
  });

  it("is marked with the keys", async () => {
    const { onBoxes, user } = showing();
    markButton().focus();
    await user.keyboard("{Enter}");
    expect(layer()).toHaveFocus();
    await user.keyboard("{Enter}"); // shows a box in the middle
    expect(onBoxes).not.toHaveBeenCalled();
    await user.keyboard("{ArrowRight}{ArrowUp}+{Enter}");
    expect(onBoxes).toHaveBeenCalledOnce();
    const [[[x0, y0, x1, y1]]] = onBoxes.mock.calls[0] as [[number[]]];
    expect((Number(x0) + Number(x1)) / 2).toBeGreaterThan(50);
    expect((Number(y0) + Number(y1)) / 2).toBeLessThan(40);
  });

  it("need not be marked after all: Escape, or the button again", async () => {
    const { onBoxes, user } = showing();
    await user.click(markButton());
    expect(markButton()).toHaveAttribute("aria-pressed", "true");
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("application")).not.toBeInTheDocument();
    expect(markButton()).toHaveFocus();
    await user.click(markButton());
    await user.click(markButton());
    expect(screen.queryByRole("application")).not.toBeInTheDocument();
    expect(onBoxes).not.toHaveBeenCalled();
  });

  it("can have its box removed", () => {
    const [first, second] = [
      [1, 1, 20, 20],
      [60, 20, 90, 50],
    ] as const;
    const { onBoxes } = showing({ boxes: [first, second] });
    fireEvent.click(screen.getByRole("button", { name: "Remove your box 1" }));
    expect(onBoxes).toHaveBeenCalledExactlyOnceWith([second]);
  });

  it("cannot be marked beyond the number that the server takes", () => {
    showing({ boxes: Array.from({ length: 64 }, () => [1, 1, 20, 20] as const) });
    expect(markButton()).toBeDisabled();
  });
});
