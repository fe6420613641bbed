import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Foresight } from "@/photos/look";
import { dryRunOf, faceOf } from "@/test/samples";
import { LookNote } from "./LookNote";

function showing(foresight: Partial<Foresight>) {
  const whole = { facts: null, problem: null, isLooking: false, isUnplaced: false, ...foresight };
  return render(<LookNote foresight={whole} />).container;
}

it("says how many faces, what size and about how long, with the memory in a tooltip", () => {
  const note = showing({ facts: dryRunOf({ faces: [faceOf(), faceOf()] }) });
  expect(note).toHaveTextContent("2 faces found200 × 160 pixelsabout 8 s");
  expect(screen.getByTitle("Needs 215 MB of the server’s memory")).toBeVisible();
});

it("says what a person should know before the photo is restored", () => {
  showing({ facts: dryRunOf({ warnings: [{ code: "deadline_too_short", message: "It would take too long." }] }) });
  expect(screen.getByText("It would take too long.")).toBeVisible();
});

it("says that the photo is being looked at, and keeps what was known before", () => {
  expect(showing({ isLooking: true })).toHaveTextContent("Looking for faces…");
  const note = showing({ facts: dryRunOf(), isLooking: true });
  expect(note).toHaveTextContent("1 face found");
  expect(note.querySelector("[aria-busy=true]")).not.toBeNull();
});

it("is nothing where nothing is known", () => {
  expect(showing({})).toBeEmptyDOMElement();
});
