import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Progress } from "@/api/submission";
import { begin, moved } from "@/photos/progress";
import { ProgressNote } from "./ProgressNote";

const NOW = 1_000_000;
const STAGES = { restoration: 2, upscaling: 8 };

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

function showing(progress: Progress, { onCancel = () => undefined, stages = STAGES as typeof STAGES | null } = {}) {
  render(
    <ProgressNote
      work={{ phase: "active", tries: 1, since: NOW, progress }}
      course={moved(begin(stages, 0, NOW), progress, NOW)}
      onCancel={onCancel}
      onCancelAll={null}
    />,
  );
  return screen.getByRole("progressbar");
}

const numbers = () => [screen.getByTestId("percent"), screen.getByTestId("left")].map((one) => one.textContent);

describe("ProgressNote", () => {
  it("shows the stage, how much of the whole work is done, and how long it will take", () => {
    const bar = showing({ phase: "working", stage: "upscaling", fraction: 0.5 });
    expect(bar).toHaveAccessibleName("Enlarging the picture");
    expect(bar).toHaveAttribute("aria-valuenow", "60");
    expect(bar).toHaveAttribute("aria-valuetext", expect.stringMatching(/^60%, about \d+ s left$/));
    expect(screen.getByText("Enlarging the picture")).toBeVisible();
    expect(numbers()).toEqual(["60%", expect.stringMatching(/^about \d+ s left$/)]);
  });

  it("lets the seconds run down while there is no news, but not to nothing", () => {
    showing({ phase: "working", stage: "upscaling", fraction: 0 });
    const before = Number.parseInt(screen.getByTestId("left").textContent?.slice(6) ?? "", 10);
    act(() => vi.advanceTimersByTime(2000));
    expect(screen.getByTestId("left")).toHaveTextContent(`about ${before - 2} s left`);
    act(() => vi.advanceTimersByTime(60_000));
    expect(screen.getByTestId("left")).toHaveTextContent("about 1 s left");
  });

  it("tells no time while it is unknown", () => {
    const bar = showing({ phase: "working", stage: "decode", fraction: 0 }, { stages: null });
    expect(numbers()).toEqual(["0%", ""]);
    expect(bar).toHaveAttribute("aria-valuetext", "0%");
  });

  it("tells no time in a queue of unknown length, but where the photo is in it", () => {
    showing({ phase: "queued", position: 2 });
    expect(screen.getByText("2 photos ahead of yours")).toBeVisible();
    expect(screen.getByTestId("left")).toBeEmptyDOMElement();
  });

  it("tells the time in a queue if the server does", () => {
    showing({ phase: "queued", position: 2, seconds: 110 });
    expect(screen.getByTestId("left")).toHaveTextContent("about 2 min left");
  });

  it("can be cancelled", () => {
    const onCancel = vi.fn();
    showing({ phase: "queued", position: 0 }, { onCancel });
    act(() => screen.getByRole("button", { name: "Cancel" }).click());
    expect(onCancel).toHaveBeenCalledOnce();
  });

  it("says that a photo waits for others, without a value", () => {
    const work = { phase: "waiting", tries: 0 } as const;
    render(<ProgressNote work={work} course={null} onCancel={() => undefined} onCancelAll={null} />);
    expect(screen.getByText("Waiting for its turn")).toBeVisible();
    expect(screen.getByRole("progressbar")).not.toHaveAttribute("aria-valuenow");
    expect(numbers()).toEqual(["", ""]);
  });
});
