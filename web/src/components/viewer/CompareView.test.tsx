import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { faceOf, photoOf, resultOf } from "@/test/samples";
import { CompareView } from "./CompareView";

// The picture has 200 × 160 pixels and the viewer 800 × 600 (see test/setup.ts), so it is fitted at 375 %.
const FITTED = "375 %";

function showing(isSwapped = false) {
  const callbacks = { onSwap: vi.fn(), onFace: vi.fn() };
  const result = resultOf({ faces: [faceOf({ box: [10, 10, 40, 40] }), faceOf({ box: [70, 50, 90, 70] })] });
  const view = { photo: photoOf(), result, isSwapped, selectedFace: 1, toolbar: document.body };
  render(<CompareView {...view} {...callbacks} />);
  return { ...callbacks, user: userEvent.setup() };
}

const viewer = () => screen.getByRole("group", { name: /Before and after/ });
const zoom = () => screen.getByRole("status", { name: "Zoom" });
const place = () => screen.getByRole("img", { name: "portrait.jpeg after" }).style.transform;
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

describe("CompareView", () => {
  it("shows before and after over each other", () => {
    showing();
    const [before, after] = screen.getAllByRole("img").filter((image) => image.tagName === "IMG");
    expect(before).toHaveAccessibleName("portrait.jpeg before");
    expect(before).toHaveAttribute("src", "blob:photo");
    expect(after).toHaveAttribute("src", "blob:result");
    expect(before?.style.width).toBe(after?.style.width);
    expect(screen.getByRole("slider", { name: "Line between before and after" })).toBeInTheDocument();
  });

  it("swaps the sides", () => {
    const { onSwap } = showing(true);
    const [first] = screen.getAllByRole("img").filter((image) => image.tagName === "IMG");
    expect(first).toHaveAccessibleName("portrait.jpeg after");
    fireEvent.click(screen.getByRole("button", { name: "Swap sides", pressed: true }));
    expect(onSwap).toHaveBeenCalledOnce();
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
    const { onSwap, user } = showing();
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
    expect(onSwap).toHaveBeenCalledOnce();
  });

  it("ignores keys with Ctrl, and keys pressed on a button in it", async () => {
    const { onSwap, user } = showing();
    viewer().focus();
    await user.keyboard("{Control>}+{/Control}");
    screen.getByRole("button", { name: "Face 1" }).focus();
    await user.keyboard("s+");
    expect(zoom()).toHaveTextContent(FITTED);
    expect(onSwap).not.toHaveBeenCalled();
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
    expect(screen.getByRole("button", { name: "Face 2", pressed: true })).toBeInTheDocument();
    fireEvent.click(screen.getByRole("button", { name: "Face 1", pressed: false }));
    expect(onFace).toHaveBeenCalledExactlyOnceWith(0);
  });
});
