import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ComponentProps } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS, problemOf } from "@/test/samples";
import { ProblemNote } from "./ProblemNote";

function showing(changes: Partial<ComponentProps<typeof ProblemNote>> = {}) {
  const callbacks = { onRetry: vi.fn(), onStop: vi.fn(), onWithoutFaces: vi.fn(), onKey: vi.fn() };
  render(
    <ProblemNote problem={problemOf({ status: 500 })} limits={LIMITS} retryAt={null} {...callbacks} {...changes} />,
  );
  return callbacks;
}

const button = (name: string) => screen.queryByRole("button", { name });

afterEach(() => {
  vi.useRealTimers();
});

describe("ProblemNote", () => {
  it("shows the error, its stage and the request's id", () => {
    showing({
      problem: problemOf({ message: "It failed.", code: "new_code", stage: "upscaling", requestId: "abc-1" }),
    });
    expect(screen.getByRole("alert")).toHaveTextContent("It failed.");
    expect(screen.getByText("Step: Enlarging the picture · Request abc-1")).toBeVisible();
  });

  it("says an error by its code, and what the server tells more of it", () => {
    showing({ problem: problemOf({ code: "broken_image", message: "This JPEG file is incomplete." }) });
    expect(screen.getByRole("alert")).toHaveTextContent(
      "This file is damaged, so that its picture cannot be read.The server says: This JPEG file is incomplete.",
    );
    expect(screen.getByText("This JPEG file is incomplete.")).toHaveAttribute("lang", "en");
  });

  it("offers to try again", async () => {
    const { onRetry } = showing();
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(onRetry).toHaveBeenCalledOnce();
    expect(button("Stop trying")).not.toBeInTheDocument();
    expect(button("Enlarge it all the same")).not.toBeInTheDocument();
  });

  it("counts down to the next try if the server is busy", () => {
    vi.useFakeTimers({ now: 1_000_000 });
    const { onRetry, onStop } = showing({ problem: problemOf(), retryAt: 1_005_000 });
    expect(screen.getByText("Trying again in 5 s.")).toBeVisible();
    act(() => vi.advanceTimersByTime(2100));
    expect(screen.getByText("Trying again in 3 s.")).toBeVisible();
    act(() => vi.advanceTimersByTime(60_000));
    expect(screen.getByText("Trying again…")).toBeVisible();
    act(() => button("Try now")?.click());
    act(() => button("Stop trying")?.click());
    expect([onRetry.mock.calls.length, onStop.mock.calls.length]).toEqual([1, 1]);
  });

  it("offers to enlarge a photo without faces", async () => {
    const { onWithoutFaces } = showing({ problem: problemOf({ status: 422, code: "no_face_detected" }) });
    await userEvent.click(screen.getByRole("button", { name: "Enlarge it all the same" }));
    expect(onWithoutFaces).toHaveBeenCalledOnce();
  });

  it("asks for a key after status 401, and ignores an empty one", async () => {
    const { onKey } = showing({ problem: problemOf({ status: 401, code: "unauthorized" }) });
    expect(button("Try again")).not.toBeInTheDocument();
    const field = screen.getByLabelText("API key");
    expect(field).toHaveAttribute("type", "password");
    await userEvent.type(field, "   {Enter}");
    expect(onKey).not.toHaveBeenCalled();
    await userEvent.type(field, " secret {Enter}");
    expect(onKey).toHaveBeenCalledExactlyOnceWith("secret");
  });
});
