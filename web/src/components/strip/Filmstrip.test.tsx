import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Photo } from "@/photos/photo";
import { photoOf, problemOf, resultOf } from "@/test/samples";
import { Filmstrip } from "./Filmstrip";

const progress = { phase: "queued", position: 1 } as const;

function showing(...photos: Photo[]) {
  const callbacks = { onSelect: vi.fn(), onRemove: vi.fn(), onFiles: vi.fn(), onAddress: null };
  render(<Filmstrip photos={photos} selected={photos[0]?.id ?? null} accept="image/png" {...callbacks} />);
  return { ...callbacks, user: userEvent.setup() };
}

const a = photoOf({ id: "a" }, "a.png");
const b = photoOf({ id: "b" }, "b.png");

describe("Filmstrip", () => {
  it.each<[string, Partial<Photo>]>([
    ["new", {}],
    ["refused", { refusal: { key: "intake.empty" } }],
    ["waiting", { work: { phase: "waiting", tries: 0 } }],
    ["working", { work: { phase: "active", tries: 1, since: 0, progress } }],
    ["waiting", { work: { phase: "failed", tries: 1, problem: problemOf(), retryAt: 5 } }],
    ["failed", { work: { phase: "failed", tries: 1, problem: problemOf(), retryAt: null } }],
    ["done", { result: resultOf() }],
    ["working", { result: resultOf(), work: { phase: "active", tries: 1, since: 0, progress } }],
  ])("labels a photo as %s", (state, changes) => {
    showing(photoOf({ id: "a", ...changes }, "a.png"));
    expect(screen.getByRole("button", { name: `a.png, ${state}` })).toBeInTheDocument();
  });

  it("shows the result of a photo that the browser cannot show", () => {
    showing(
      photoOf({ id: "a", size: null }),
      photoOf({ id: "b", size: null, result: resultOf() }),
      photoOf({ id: "c" }),
      photoOf({ id: "d", size: null, result: { ...resultOf(), isShown: false } }),
    );
    const urls = [...document.querySelectorAll("img")].map((image) => image.getAttribute("src"));
    expect(urls).toEqual(["blob:result", "blob:photo"]);
  });

  it("marks the selected photo, and selects another", async () => {
    const { onSelect, user } = showing(a, b);
    expect(screen.getByRole("button", { name: /^a\.png/, pressed: true })).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: /^b\.png/, pressed: false }));
    expect(onSelect).toHaveBeenCalledExactlyOnceWith("b");
  });

  it("removes a photo", async () => {
    const { onRemove, onSelect, user } = showing(a, b);
    await user.click(screen.getByRole("button", { name: "Remove b.png" }));
    expect(onRemove).toHaveBeenCalledExactlyOnceWith("b");
    expect(onSelect).not.toHaveBeenCalled();
  });

  it("can be used with the keyboard alone", async () => {
    const { onSelect, onRemove, user } = showing(a, b);
    await user.tab();
    await user.tab();
    await user.tab();
    await user.keyboard("{Enter}");
    expect(onSelect).toHaveBeenCalledExactlyOnceWith("b");
    await user.tab();
    await user.keyboard(" ");
    expect(onRemove).toHaveBeenCalledExactlyOnceWith("b");
    await user.tab();
    expect(screen.getByRole("button", { name: "Add photos" })).toHaveFocus();
  });
});
