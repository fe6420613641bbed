import { act, render, screen } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { saveZip } from "@/photos/zip";
import { photoOf, resultOf } from "@/test/samples";
import { ZipButton } from "./ZipButton";

vi.mock("@/photos/zip", async (original) => ({ ...(await original<object>()), saveZip: vi.fn() }));

const zip = vi.mocked(saveZip);
let end: (isSaved: boolean) => void;
beforeEach(() => {
  zip.mockReset();
  zip.mockImplementation(() => new Promise((resolve) => (end = resolve)));
});

const PHOTOS = [photoOf({ result: resultOf() }), photoOf({ id: "b" }), photoOf({ id: "c", result: resultOf() })];
const show = () => render(<ZipButton photos={PHOTOS} pattern="{name} {n}" />);
const press = (name: string) => act(async () => screen.getByRole("button", { name }).click());

it("saves the photos that have a result, says how far it is, and then that it is done", async () => {
  show();
  await press("Download all as ZIP");
  const [entries, , settings] = zip.mock.calls[0]!;
  expect(entries.map(({ name }) => name)).toEqual(["portrait 1.png", "portrait 3.png"]);
  act(() => settings.onProgress(0.426));
  expect(screen.getByRole("progressbar")).toHaveAttribute("value", "0.42");
  await act(async () => end(true));
  expect(screen.getByRole("button", { name: "Download all as ZIP" })).toBeVisible();
  expect(screen.getByRole("status")).toHaveTextContent("The ZIP is saved.");
});

it("is cancelled by its button, and by nothing else", async () => {
  const { unmount } = show();
  await press("Download all as ZIP");
  const { signal } = zip.mock.calls[0]![2];
  unmount(); // as when a photo without a result is selected
  expect(signal.aborted).toBe(false);

  show();
  await press("Download all as ZIP");
  await press("Cancel");
  expect(zip.mock.calls[1]![2].signal.aborted).toBe(true);
});
