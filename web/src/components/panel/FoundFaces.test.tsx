import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { DryRun } from "@/api/types";
import type { Photo } from "@/photos/photo";
import { CONFIG, faceOf, lookOf, photoOf } from "@/test/samples";
import { FoundFaces } from "./FoundFaces";

function showing(facts: Partial<DryRun>, changes: Partial<Photo> = {}, strength = 0.8, canMark = true) {
  const [onFace, onOverride, onUnmark] = [vi.fn(), vi.fn(), vi.fn()];
  const photo = photoOf(changes);
  const callbacks = { onFace, onOverride, onUnmark: canMark ? onUnmark : null };
  const { boxes } = photo;
  const look = lookOf(facts, { boxes });
  render(<FoundFaces photo={photo} look={look} config={CONFIG} strength={strength} selectedFace={0} {...callbacks} />);
  return { onFace, onOverride, onUnmark, user: userEvent.setup() };
}

const card = (number: number) => within(screen.getByRole("article", { name: `Face ${number}` }));
const tick = (number: number) => card(number).getByRole("checkbox", { name: "Restore this face" });
const KEPT = faceOf({ action: "kept", strength: 0, reason: "Only the largest face was asked for." });

describe("a found face", () => {
  it("has a tick and the strength that it will have", () => {
    showing({ faces: [faceOf(), KEPT] });
    expect(screen.getByRole("heading", { name: "2 faces found" })).toBeVisible();
    expect(tick(1)).toBeChecked();
    expect(card(1).getByRole("slider", { name: "Strength of this face" })).toHaveValue("80");
    expect(tick(2)).not.toBeChecked();
    expect(card(2).getByRole("button", { name: /Strength of face 2/ })).toHaveTextContent("0 %");
  });

  it("is left as it is without the tick", async () => {
    const { onOverride, user } = showing({});
    await user.click(tick(1));
    expect(onOverride).toHaveBeenCalledExactlyOnceWith(0, 0);
  });

  it("is restored as all are with the tick again", async () => {
    const { onOverride, user } = showing({}, { overrides: { none: { 0: 0 } } });
    expect(tick(1)).not.toBeChecked();
    await user.click(tick(1));
    expect(onOverride).toHaveBeenCalledExactlyOnceWith(0, null);
  });

  it("that would be left is restored with a tick, as strongly as the others", async () => {
    const { onOverride, user } = showing({ faces: [KEPT] });
    expect(screen.getByText("Only the largest face was asked for.")).toBeVisible();
    await user.click(tick(1));
    expect(onOverride).toHaveBeenCalledExactlyOnceWith(0, 0.8);
  });

  it("is restored fully with a tick where all are left", async () => {
    const { onOverride, user } = showing({}, {}, 0);
    expect(tick(1)).not.toBeChecked();
    await user.click(tick(1));
    expect(onOverride).toHaveBeenCalledExactlyOnceWith(0, 1);
  });

  it("has a strength of its own", async () => {
    const { onOverride, user } = showing({}, { overrides: { none: { 0: 0.5 } } });
    fireEvent.change(card(1).getByRole("slider"), { target: { value: "35" } });
    await user.click(card(1).getByRole("button", { name: "As for all" }));
    expect(onOverride.mock.calls).toEqual([
      [0, 0.35],
      [0, null],
    ]);
  });

  it("opens to show its strength", async () => {
    const { onFace, user } = showing({ faces: [faceOf(), faceOf()] });
    expect(card(2).queryByRole("slider")).not.toBeInTheDocument();
    await user.click(card(2).getByRole("button", { expanded: false }));
    expect(onFace).toHaveBeenCalledExactlyOnceWith(1);
  });
});

describe("a face that a person has marked", () => {
  const boxes = [[60, 10, 90, 40]] as const;
  const faces = [faceOf(), faceOf({ box: [61, 11, 92, 40], landmarks_estimated: true })];

  it("says if only the box shows it", () => {
    showing({ faces }, { boxes });
    expect(card(2).getByText(/Only your box shows this face/)).toBeVisible();
    expect(card(1).queryByText(/Only your box/)).not.toBeInTheDocument();
  });

  it("can be taken back", async () => {
    const { onUnmark, user } = showing({ faces: [...faces].reverse() }, { boxes });
    await user.click(card(1).getByRole("button", { name: "Remove your box" }));
    expect(onUnmark).toHaveBeenCalledExactlyOnceWith(0);
    expect(card(2).queryByRole("button", { name: "Remove your box" })).not.toBeInTheDocument();
  });
});

describe("a missing face", () => {
  it("can be marked, which the page says", () => {
    showing({ faces: [] });
    expect(screen.getByRole("heading", { name: "No face found" })).toBeVisible();
    expect(screen.getByText(/If there is a face, press “Mark a face”/)).toBeVisible();
  });

  it.each<[string, Partial<Photo>, boolean]>([
    ["the server takes no boxes", {}, false],
    ["the browser shows no photo to draw on", { size: null }, true],
  ])("cannot be marked if %s", (_what, changes, canMark) => {
    showing({ faces: [] }, changes, 1, canMark);
    expect(screen.queryByText(/Mark a face/)).not.toBeInTheDocument();
  });
});
