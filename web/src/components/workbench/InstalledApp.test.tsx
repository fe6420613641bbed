import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import * as shared from "@/photos/shared";
import { fileOf, PNG } from "@/test/samples";
import { InstalledApp } from "./InstalledApp";

const photos = [fileOf(PNG, "oma.png"), fileOf(PNG, "opa.png")];
const onFiles = vi.fn<(files: File[]) => void>();

function opened({ isReady = true, isInstalled = false, count = 2 } = {}) {
  vi.spyOn(window, "matchMedia").mockReturnValue({ matches: isInstalled } as MediaQueryList);
  vi.spyOn(shared, "countShared").mockResolvedValue(count);
  return render(<InstalledApp isReady={isReady} onFiles={onFiles} />);
}

beforeEach(() => {
  onFiles.mockReset();
  history.replaceState(null, "", "/");
  vi.spyOn(shared, "takeShared").mockResolvedValue(photos);
  vi.spyOn(shared, "discardShared").mockResolvedValue();
});

it("adds shared photos at once in the installed page", async () => {
  opened({ isInstalled: true });
  await waitFor(() => expect(onFiles).toHaveBeenCalledExactlyOnceWith(photos));
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});

it("leaves them where they are until they can be checked", async () => {
  const { rerender } = opened({ isReady: false, isInstalled: true });
  expect(shared.countShared).not.toHaveBeenCalled();
  rerender(<InstalledApp isReady onFiles={onFiles} />);
  await waitFor(() => expect(onFiles).toHaveBeenCalledOnce());
});

it("asks in a tab, and adds them if the person wants", async () => {
  opened();
  expect(await screen.findByRole("dialog", { name: "Shared photos" })).toHaveTextContent("has sent 2 photos here");
  expect(shared.takeShared).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole("button", { name: "Add" }));
  expect(onFiles).toHaveBeenCalledExactlyOnceWith(photos);
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});

it("discards them if the person does not", async () => {
  opened({ count: 1 });
  await userEvent.click(await screen.findByRole("button", { name: "Discard" }));
  expect(shared.discardShared).toHaveBeenCalledOnce();
  expect(onFiles).not.toHaveBeenCalled();
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});

it.each([true, false])("says so if they cannot be read, installed: %s", async (isInstalled) => {
  vi.spyOn(shared, "takeShared").mockRejectedValue(new Error("The disk is broken."));
  opened({ isInstalled });
  if (!isInstalled) await userEvent.click(await screen.findByRole("button", { name: "Add" }));
  expect(await screen.findByText(/could not be taken over/)).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Close" }));
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  expect(onFiles).not.toHaveBeenCalled();
});

it("says so if the service worker could not keep them, once", async () => {
  history.replaceState(null, "", "/?share=failed");
  opened({ count: 0 });
  expect(await screen.findByText(/could not be taken over/)).toBeInTheDocument();
  expect(location.search).toBe("");
});

it("shows nothing otherwise", async () => {
  opened({ count: 0 });
  await waitFor(() => expect(shared.countShared).toHaveBeenCalledOnce());
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});
