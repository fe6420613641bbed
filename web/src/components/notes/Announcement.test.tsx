import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Photo } from "@/photos/photo";
import { dryRunOf, faceOf, photoOf, problemOf, resultOf } from "@/test/samples";
import { Announcement } from "./Announcement";

const active = (fraction: number): Photo["work"] => ({
  phase: "active",
  tries: 1,
  since: 0,
  progress: { phase: "working", stage: "upscaling", fraction },
});

it.each<[string, Partial<Photo>]>([
  ["oma.png was added.", {}],
  ["oma.png waits for the photos before it.", { work: { phase: "waiting", tries: 0 } }],
  ["Enlarging the picture", { work: active(0.3) }],
  ["oma.png is done.", { result: resultOf() }],
  ["", { work: { phase: "failed", tries: 1, problem: problemOf(), retryAt: null } }],
])("says %j", (words, changes) => {
  render(<Announcement photo={photoOf(changes, "oma.png")} foreseen={null} />);
  expect(screen.getByRole("status")).toHaveTextContent(words);
  expect(screen.getByRole("status").textContent).toBe(words);
});

it("does not change with the percentage of a stage", () => {
  const { rerender } = render(<Announcement photo={photoOf({ work: active(0.1) })} foreseen={null} />);
  const before = screen.getByRole("status").textContent;
  rerender(<Announcement photo={photoOf({ work: active(0.9) })} foreseen={null} />);
  expect(screen.getByRole("status").textContent).toBe(before);
});

it("says what a look has found", () => {
  const faces = [faceOf(), faceOf(), faceOf()];
  const foreseen = dryRunOf({ faces, estimate: { seconds: 8.2, stages_s: {}, memory_bytes: 1 } });
  const { rerender } = render(<Announcement photo={photoOf()} foreseen={foreseen} />);
  expect(screen.getByRole("status")).toHaveTextContent("3 faces found, about 8 seconds.");
  rerender(<Announcement photo={photoOf({ work: active(0.1) })} foreseen={foreseen} />);
  expect(screen.getByRole("status")).toHaveTextContent("Enlarging the picture");
});

it("is empty without a photo", () => {
  render(<Announcement photo={null} foreseen={null} />);
  expect(screen.getByRole("status")).toBeEmptyDOMElement();
});
