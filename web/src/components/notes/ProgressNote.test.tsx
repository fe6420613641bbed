import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Progress } from "@/api/submission";
import { ProgressNote } from "./ProgressNote";

const NOW = 1_000_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

function showing(progress: Progress, onCancel = () => undefined) {
  render(
    <ProgressNote
      work={{ phase: "active", tries: 1, since: NOW - 2500, progress }}
      onCancel={onCancel}
      onCancelAll={null}
    />,
  );
  return screen.getByRole("progressbar");
}

describe("ProgressNote", () => {
  it("shows the stage and its progress", () => {
    const bar = showing({ phase: "working", stage: "upscaling", fraction: 0.424 });
    expect(bar).toHaveAccessibleName("Enlarging the picture");
    expect(bar).toHaveAttribute("value", "0.424");
    expect(screen.getByText("Enlarging the picture")).toBeVisible();
    expect(screen.getByText("42 %")).toBeVisible();
  });

  it("shows the percentage of an upload", () => {
    showing({ phase: "uploading", fraction: 0.3 });
    expect(screen.getByText("Uploading")).toBeVisible();
    expect(screen.getByText("30 %")).toBeVisible();
  });

  it("shows no percentage if it is unknown", () => {
    const bar = showing({ phase: "queued", position: 2 });
    expect(bar).not.toHaveAttribute("value");
    expect(screen.getByText("2 photos ahead of yours")).toBeVisible();
    expect(screen.queryByText(/%/)).not.toBeInTheDocument();
  });

  it("shows the elapsed time", () => {
    showing({ phase: "queued", position: 0 });
    expect(screen.getByText("2.5 s")).toBeVisible();
    act(() => vi.advanceTimersByTime(1200));
    expect(screen.getByText("3.7 s")).toBeVisible();
  });

  it("can be cancelled", () => {
    const onCancel = vi.fn();
    showing({ phase: "queued", position: 0 }, onCancel);
    act(() => screen.getByRole("button", { name: "Cancel" }).click());
    expect(onCancel).toHaveBeenCalledOnce();
  });

  it("says that a photo waits for others", () => {
    render(<ProgressNote work={{ phase: "waiting", tries: 0 }} onCancel={() => undefined} onCancelAll={null} />);
    expect(screen.getByText("Waiting for its turn")).toBeVisible();
    expect(screen.queryByText(/\d s$/)).not.toBeInTheDocument();
  });
});
