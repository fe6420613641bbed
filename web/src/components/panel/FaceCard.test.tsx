import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ComponentProps } from "react";
import { describe, expect, it, vi } from "vitest";
import { faceOf } from "@/test/samples";
import { FaceCard } from "./FaceCard";

function showing(changes: Partial<ComponentProps<typeof FaceCard>> = {}) {
  const onSelect = vi.fn();
  const onOverride = vi.fn();
  const whole = {
    face: faceOf(),
    number: 2,
    scale: { threshold: 0.5, recogniser: "own-faces" },
    isEnlarged: true,
    isSelected: true,
    override: undefined,
    isPending: false,
    strength: 0.8,
    bounds: [0, 1] as const,
    obstacle: null,
    onSelect,
    onOverride,
    onUnmark: null,
  };
  render(<FaceCard {...whole} {...changes} />);
  return { onSelect, onOverride, user: userEvent.setup() };
}

const head = () => screen.getByRole("button", { expanded: true });

describe("what was done with a face", () => {
  it("is shown with the number of the face", () => {
    showing({ face: faceOf({ strength: 0.75 }) });
    expect(screen.getByRole("article", { name: "Face 2" })).toBeInTheDocument();
    expect(head()).toHaveTextContent(/2Restored75 %0\.92 · same person/);
  });

  it("is shown with its reason", () => {
    showing({ face: faceOf({ action: "softened", strength: 0.4, reason: "The likeness would have been lost." }) });
    expect(head()).toHaveTextContent("Softened to keep the likeness");
    expect(head()).toHaveTextContent("The likeness would have been lost.");
  });

  it("shows no strength for a face that was kept", () => {
    showing({ face: faceOf({ action: "kept", strength: 0, identity_similarity: null, reason: "Too small." }) });
    expect(head()).toHaveTextContent("Not restored, enlarged like the rest of the picture");
    expect(head()).not.toHaveTextContent("%");
    expect(screen.getByRole("slider")).toHaveValue("0");
  });

  it("is the reason why nothing was restored, without a strength", () => {
    showing({ face: faceOf({ action: "unchanged", strength: 1, reason: "It is sharp already." }) });
    expect(head()).toHaveTextContent("Nothing found to restore");
    expect(head()).toHaveTextContent("It is sharp already.");
    expect(head()).not.toHaveTextContent("%");
    expect(screen.getByRole("button", { name: "Do not restore" })).toHaveAttribute("aria-pressed", "false");
    expect(screen.getByRole("slider")).toHaveValue("80"); // as wanted, for it was no person that left the face
  });

  it.each([
    [0.4, "Was sharp · 0.4 px"],
    [1.2, "Was slightly blurred · 1.2 px"],
    [3, "Was blurred · 3.0 px"],
  ])("is shown with the blur that the face had (%d)", (blur, words) => {
    showing({ face: faceOf({ blur }) });
    expect(head()).toHaveTextContent(words);
  });

  it("is shown without a blur that was not measured", () => {
    showing({ face: faceOf({ blur: null }) });
    expect(head()).not.toHaveTextContent(/Was|px/);
  });

  it("does not say that a face was enlarged in a result of the same size", () => {
    showing({ face: faceOf({ action: "kept", strength: 0 }), isEnlarged: false });
    expect(head()).toHaveTextContent("Not restored, treated like the rest of the picture");
  });

  it("says what is done with a face that is not to be restored", () => {
    showing({ override: 0 });
    expect(screen.getByText(/^Without restoration the face is enlarged/)).toBeVisible();
  });

  it("can be overridden for a face that was kept", async () => {
    const { onOverride, user } = showing({ face: faceOf({ action: "kept", strength: 0 }) });
    expect(screen.getByRole("button", { name: "Do not restore" })).toHaveAttribute("aria-pressed", "true");
    await user.click(screen.getByRole("button", { name: "Do not restore" }));
    expect(onOverride).toHaveBeenCalledExactlyOnceWith(0.8);
  });

  it("cannot be changed while there is an obstacle", () => {
    showing({ obstacle: "They are looked for anew." });
    expect(screen.getByText("They are looked for anew.")).toBeVisible();
    expect(screen.queryByRole("slider")).not.toBeInTheDocument();
  });

  it("includes a warning about another person", () => {
    showing({ face: faceOf({ identity_similarity: 0.3 }) });
    expect(head()).toHaveTextContent("0.30 · may be taken for another person");
  });

  it("includes the threshold and the recogniser", () => {
    showing();
    expect(screen.getByText("Likeness 0.92: same person from 0.50 on, by own-faces.")).toBeVisible();
  });

  it("includes no likeness if it was not measured", () => {
    showing({ face: faceOf({ identity_similarity: null }), scale: { threshold: null, recogniser: null } });
    expect(head()).not.toHaveTextContent("·");
    expect(screen.queryByText(/^Likeness/)).not.toBeInTheDocument();
  });

  it("does not judge the likeness without a threshold", () => {
    showing({ scale: { threshold: null, recogniser: "own-faces" } });
    expect(head()).not.toHaveTextContent("person,");
    expect(screen.getByText("Likeness 0.92: measured by own-faces.")).toBeVisible();
  });

  it("says if landmarks were estimated", () => {
    showing({ face: faceOf({ landmarks_estimated: true }) });
    expect(screen.getByText(/eyes, nose and mouth are guessed/)).toBeVisible();
  });

  it("offers to remove the box that a person has drawn", async () => {
    const onUnmark = vi.fn();
    const { user } = showing({ onUnmark });
    await user.click(screen.getByRole("button", { name: "Remove your box" }));
    expect(onUnmark).toHaveBeenCalledOnce();
  });
});

describe("the controls of a face", () => {
  it("are shown only in an open card", async () => {
    const { onSelect, user } = showing({ isSelected: false });
    expect(screen.queryByRole("slider")).not.toBeInTheDocument();
    await user.click(screen.getByRole("button", { expanded: false }));
    expect(onSelect).toHaveBeenCalledOnce();
  });

  it("include a strength, at first the one for all faces", () => {
    const { onOverride } = showing();
    const slider = screen.getByRole("slider", { name: "Strength of this face" });
    expect(slider).toHaveValue("80");
    fireEvent.change(slider, { target: { value: "35" } });
    expect(onOverride).toHaveBeenCalledExactlyOnceWith(0.35);
  });

  it("can leave the face as it was", async () => {
    const { onOverride, user } = showing();
    const leave = screen.getByRole("button", { name: "Do not restore", pressed: false });
    await user.click(leave);
    expect(onOverride).toHaveBeenCalledExactlyOnceWith(0);
  });

  it("can remove an override", async () => {
    const { onOverride, user } = showing({ override: 0 });
    expect(screen.getByRole("slider")).toHaveValue("0");
    await user.click(screen.getByRole("button", { name: "Do not restore", pressed: true }));
    await user.click(screen.getByRole("button", { name: "As for all" }));
    expect(onOverride.mock.calls).toEqual([[null], [null]]);
  });

  it("show the strength for all once the override by which the face was left is removed", async () => {
    const { onOverride, user } = showing({ face: faceOf({ action: "kept", strength: 0 }), isPending: true });
    expect(screen.getByRole("slider")).toHaveValue("80");
    await user.click(screen.getByRole("button", { name: "Do not restore", pressed: false }));
    expect(onOverride).toHaveBeenCalledExactlyOnceWith(0);
  });

  it("cannot remove an override that does not exist", () => {
    showing();
    expect(screen.getByRole("button", { name: "As for all" })).toBeDisabled();
  });

  it("say that an override has not taken effect yet", () => {
    showing({ override: 0.5, isPending: true });
    expect(screen.getByText(/takes effect when the photo is restored again/)).toBeVisible();
  });
});
