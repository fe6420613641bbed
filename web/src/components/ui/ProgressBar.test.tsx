import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { ProgressBar } from "./ProgressBar";

it("tells its value as a percentage, and in words", () => {
  render(<ProgressBar label="Uploading" fraction={0.426} text="42%, about 3 s left" />);
  const bar = screen.getByRole("progressbar", { name: "Uploading" });
  expect(bar).toHaveAttribute("aria-valuenow", "42");
  expect(bar).toHaveAttribute("aria-valuetext", "42%, about 3 s left");
  expect(bar.firstElementChild).toHaveStyle({ inlineSize: "42.6%" });
});

it("has no value while it is unknown", () => {
  render(<ProgressBar label="Waiting" fraction={null} />);
  const bar = screen.getByRole("progressbar");
  expect(bar).not.toHaveAttribute("aria-valuenow");
  expect(bar).toBeEmptyDOMElement();
});
