import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ComponentProps } from "react";
import { describe, expect, it, vi } from "vitest";
import type { Photo } from "@/photos/photo";
import type { Foresight } from "@/photos/look";
import { CONFIG, dryRunOf, OPTIONS, photoOf, problemOf, resultOf } from "@/test/samples";
import { ActionBar } from "./ActionBar";

const progress = { phase: "working", stage: "decode", fraction: 0.1 } as const;
const FAILED: Photo["work"] = {
  phase: "failed",
  tries: 1,
  problem: problemOf({ status: 500, message: "It failed." }),
  retryAt: null,
};

const NOTHING: Foresight = { facts: null, problem: null, isLooking: false, isUnplaced: false };

function showing(photo: Photo, changes: Partial<ComponentProps<typeof ActionBar>> = {}) {
  const [onRestore, onTogether, onCancel] = [vi.fn(), vi.fn(), vi.fn()];
  const callbacks = { onRestore, onTogether, onCancel, onWithoutFaces: vi.fn(), onKey: vi.fn() };
  const whole = {
    photo,
    photos: [photo],
    options: OPTIONS,
    config: CONFIG,
    foresight: NOTHING,
    ...callbacks,
    ...changes,
  };
  const view = render(<ActionBar {...whole} />);
  const become = (other: Photo) => view.rerender(<ActionBar {...whole} photo={other} />);
  return { ...callbacks, become, user: userEvent.setup() };
}

const names = () => screen.queryAllByRole("button").map((button) => button.textContent);

describe("ActionBar", () => {
  it("restores a new photo", async () => {
    const { onRestore, user } = showing(photoOf({ id: "a" }));
    expect(names()).toEqual(["Restore"]);
    await user.click(screen.getByRole("button", { name: "Restore" }));
    expect(onRestore).toHaveBeenCalledExactlyOnceWith(["a"]);
  });

  it("says what a look has found, above the button", () => {
    showing(photoOf(), { foresight: { ...NOTHING, facts: dryRunOf() } });
    expect(screen.getByText("about 8 s")).toBeVisible();
    expect(names()).toEqual(["Restore"]);
  });

  it("enlarges a photo in which a look has found no face", async () => {
    const foresight = { ...NOTHING, facts: dryRunOf({ faces: [] }) };
    const { onWithoutFaces, user } = showing(photoOf(), { foresight });
    expect(names()).toEqual(["Enlarge it all the same"]);
    await user.click(screen.getByRole("button"));
    expect(onWithoutFaces).toHaveBeenCalledOnce();
  });

  it("restores such a photo if no face is required, or while it is looked at again", () => {
    const foresight = { ...NOTHING, facts: dryRunOf({ faces: [] }) };
    showing(photoOf({ requireFace: false }), { foresight });
    showing(photoOf(), { foresight: { ...foresight, isLooking: true } });
    expect(names()).toEqual(["Restore", "Restore"]);
  });

  it("says why the server would refuse the photo", async () => {
    const problem = problemOf({ status: 422, code: "broken_image", message: "It is broken." });
    const { onRestore, user } = showing(photoOf({ id: "a" }), { foresight: { ...NOTHING, problem } });
    expect(screen.getByRole("alert")).toHaveTextContent("It is broken.");
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(onRestore).toHaveBeenCalledExactlyOnceWith(["a"]);
  });

  it("waits for the order of the faces to which strengths belong", () => {
    showing(photoOf(), { foresight: { ...NOTHING, isLooking: true, isUnplaced: true } });
    expect(screen.getByRole("button", { name: "Restore" })).toBeDisabled();
  });

  it("restores all photos that are not done", async () => {
    const [a, b] = [photoOf({ id: "a" }), photoOf({ id: "b" })];
    const { onRestore, user } = showing(a, { photos: [a, b] });
    await user.click(screen.getByRole("button", { name: "Restore all 2" }));
    expect(onRestore).toHaveBeenCalledExactlyOnceWith(["a", "b"]);
  });

  it("restores the one that is not done beside a photo that is", async () => {
    const [a, b] = [photoOf({ id: "a", result: resultOf() }), photoOf({ id: "b" })];
    const { onRestore, user } = showing(a, { photos: [a, b] });
    await user.click(screen.getByRole("button", { name: "Restore the other one" }));
    expect(onRestore).toHaveBeenCalledExactlyOnceWith(["b"]);
  });

  it("does not offer to restore all while the others are in work", () => {
    const [a, b] = [photoOf({ id: "a" }), photoOf({ id: "b", work: { phase: "waiting", tries: 0 } })];
    showing(a, { photos: [a, b] });
    expect(names()).toEqual(["Restore"]);
  });

  it("says why a photo cannot be enlarged by this factor", () => {
    showing(photoOf({ size: { width: 5000, height: 4000 } }), { options: { ...OPTIONS, upscale_factor: 4 } });
    expect(screen.getByRole("alert")).toHaveTextContent("At ×4 this photo would have 320 megapixels");
    expect(screen.getByRole("button", { name: "Restore" })).toBeDisabled();
  });

  it("says why a photo cannot have this long side", () => {
    const options = { ...OPTIONS, long_side: 32_000 };
    showing(photoOf(), { options });
    expect(screen.getByRole("alert")).toHaveTextContent(/^With a long side of 32000 pixels this photo would have/);
    expect(screen.getByRole("button", { name: "Restore" })).toBeDisabled();
  });

  it.each<Photo["work"]>([
    { phase: "waiting", tries: 0 },
    { phase: "active", tries: 1, since: 0, progress },
  ])("offers only Cancel while the photo is in work (%j)", async (work) => {
    const { onCancel, user } = showing(photoOf({ work, result: resultOf() }));
    expect(names()).toEqual(["Cancel"]);
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    expect(onCancel).toHaveBeenCalledOnce();
  });

  it("offers only the result while the options are the same", () => {
    showing(photoOf({ result: resultOf() }));
    expect(names()).toEqual(["Copy picture", "More"]);
    expect(screen.getByRole("link", { name: "Download" })).toHaveAttribute("download", "portrait-likeness.png");
  });

  it("offers Restore again after a change, and still the last result", async () => {
    const { onRestore, user } = showing(photoOf({ id: "a", result: resultOf(), overrides: { none: { 0: 0 } } }));
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Restore again" }));
    expect(onRestore).toHaveBeenCalledExactlyOnceWith(["a"]);
  });

  it("shows a failure and tries again", async () => {
    const { onRestore, user } = showing(photoOf({ id: "a", work: FAILED }));
    expect(screen.getByRole("alert")).toHaveTextContent("The server is busy");
    expect(names()).toEqual(["Try again"]);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(onRestore).toHaveBeenCalledExactlyOnceWith(["a"]);
  });

  it("still offers the last result after a failure", () => {
    showing(photoOf({ work: FAILED, result: resultOf() }));
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
  });

  it("takes the focus when the focused button disappears", async () => {
    const photo = photoOf();
    const { become, user } = showing(photo);
    await user.tab();
    expect(screen.getByRole("button", { name: "Restore" })).toHaveFocus();
    become({ ...photo, work: { phase: "active", tries: 1, since: 0, progress } });
    expect(screen.getByRole("region", { name: "Next step" })).toHaveFocus();
  });

  it("does not take the focus from elsewhere", () => {
    const photo = photoOf();
    const { become } = showing(photo);
    become({ ...photo, work: { phase: "active", tries: 1, since: 0, progress } });
    expect(document.body).toHaveFocus();
  });
});
