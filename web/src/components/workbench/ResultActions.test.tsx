import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { photoOf, resultOf } from "@/test/samples";
import { ResultActions } from "./ResultActions";

const result = resultOf({ media_type: "image/jpeg" });
const photo = photoOf({ result }, "Oma 1950.png");
const writeText = vi.fn<(text: string) => Promise<void>>();

beforeEach(() => {
  vi.useFakeTimers();
  writeText.mockReset().mockResolvedValue();
  Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
  render(<ResultActions photo={photo} result={result} done={[photo]} isMain />);
});
afterEach(() => {
  vi.useRealTimers();
  Reflect.deleteProperty(navigator, "clipboard");
});

async function copy() {
  fireEvent.click(screen.getByRole("button", { name: "Copy JSON" }));
  await act(() => vi.advanceTimersByTimeAsync(1));
}

describe("ResultActions", () => {
  it("downloads the picture under the photo's name", () => {
    const link = screen.getByRole("link", { name: "Download" });
    expect(link).toHaveAttribute("href", "blob:result");
    expect(link).toHaveAttribute("download", "Oma 1950-restored.jpg");
  });

  it("copies the answer, and confirms it for a moment", async () => {
    await copy();
    expect(JSON.parse(writeText.mock.calls[0]?.[0] ?? "")).toEqual({ status: "success", data: result.facts });
    expect(screen.getByRole("button", { name: "Copied" })).toBeVisible();
    expect(screen.getByRole("status")).toHaveTextContent("Copied");
    await act(() => vi.advanceTimersByTimeAsync(3000));
    expect(screen.getByRole("button", { name: "Copy JSON" })).toBeVisible();
  });

  it("says if the browser does not allow copying", async () => {
    writeText.mockRejectedValue(new DOMException("denied", "NotAllowedError"));
    await copy();
    expect(screen.getByRole("status")).toHaveTextContent("Not allowed here");
  });

  it("says so too without a clipboard, as in a page without TLS", async () => {
    Reflect.deleteProperty(navigator, "clipboard");
    await copy();
    expect(screen.getByRole("status")).toHaveTextContent("Not allowed here");
  });
});
