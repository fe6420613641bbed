import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import type { Lasting } from "@/hooks/useLasting";
import { KeptButton } from "./KeptButton";
import { KeptNotes } from "./KeptNotes";
import { KeptSetting } from "./KeptSetting";

function lastingOf(changes: Partial<Lasting> = {}): Lasting {
  return {
    isOn: true,
    turn: vi.fn(),
    fault: null,
    lost: 0,
    bytes: async () => 12_340_000,
    deleteAll: vi.fn(async () => undefined),
    isKept: () => true,
    ...changes,
  };
}

async function open(changes: Partial<Lasting> = {}) {
  const lasting = lastingOf(changes);
  const user = userEvent.setup();
  const onClose = vi.fn();
  render(<KeptSetting lasting={lasting} isOpen onClose={onClose} />);
  await screen.findByRole("dialog", { name: "Kept in this browser" });
  return { user, lasting, onClose };
}

const button = (name: string) => screen.getByRole("button", { name });

it("tells what is kept, where it goes, and how large it is", async () => {
  await open();
  expect(screen.getByRole("checkbox", { name: "Keep photos and results" })).toBeChecked();
  expect(screen.getByText(/nothing leaves the computer but to this server/)).toBeInTheDocument();
  expect(await screen.findByText(/^12\.3 MB on this computer’s disk/)).toBeInTheDocument();
});

it.each([
  [40_000, /^Less than 0\.1 MB/, true],
  [0, "Nothing is kept now.", false],
])("of %i bytes", async (bytes, words, canDelete) => {
  await open({ bytes: async () => bytes });
  expect(await screen.findByText(words)).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Delete all" }) !== null).toBe(canDelete);
});

it("says nothing of a size that cannot be counted, and deletes all the same", async () => {
  await open({ bytes: () => Promise.reject(new Error("no")) });
  expect(await screen.findByRole("button", { name: "Delete all" })).toBeInTheDocument();
  await expect(screen.findByText(/disk/, {}, { timeout: 100 })).rejects.toThrow();
});

it("is turned off with one click", async () => {
  const { user, lasting } = await open();
  await user.click(screen.getByRole("checkbox", { name: "Keep photos and results" }));
  expect(lasting.turn).toHaveBeenCalledWith(false);
});

it.each([
  [true, null, "Kept in this browser"],
  [true, "full", "Not kept in this browser"],
  [false, null, "Not kept in this browser"],
] as const)("its button says whether all is kept (on: %s, fault: %s)", async (isOn, fault, name) => {
  const onOpen = vi.fn();
  render(<KeptButton lasting={{ isOn, fault }} onOpen={onOpen} />);
  await userEvent.setup().click(button(name));
  expect(onOpen).toHaveBeenCalledOnce();
});

it("is closed", async () => {
  const { user, onClose } = await open();
  await user.click(button("Close"));
  expect(onClose).toHaveBeenCalled();
  render(<KeptSetting lasting={lastingOf()} isOpen={false} onClose={onClose} />);
  expect(screen.getAllByRole("dialog")).toHaveLength(1);
});

it("off: no size is told", async () => {
  await open({ isOn: false });
  expect(screen.getByRole("checkbox", { name: "Keep photos and results" })).not.toBeChecked();
  expect(screen.queryByText(/disk/)).toBeNull();
});

it("asks before all is deleted", async () => {
  const { user, lasting } = await open();
  await user.click(await screen.findByRole("button", { name: "Delete all" }));
  await user.click(button("Keep them"));
  expect(lasting.deleteAll).not.toHaveBeenCalled();
  await user.click(button("Delete all"));
  await user.click(button("Delete them"));
  expect(lasting.deleteAll).toHaveBeenCalledOnce();
});

it("says when all could not be deleted", async () => {
  const { user } = await open({ deleteAll: () => Promise.reject(new Error("no")) });
  await user.click(await screen.findByRole("button", { name: "Delete all" }));
  await user.click(button("Delete them"));
  await waitFor(() => expect(screen.getByRole("alert")).toHaveTextContent("could not be deleted"));
});

it("says why something is not kept, until it was read, and another reason after that", async () => {
  const user = userEvent.setup();
  const { rerender } = render(<KeptNotes fault="full" lost={3} />);
  expect(screen.getAllByRole("status")).toHaveLength(2);
  expect(screen.getByText("3 photos or results of your last visit could not be read any more.")).toBeInTheDocument();
  for (const close of screen.getAllByRole("button", { name: "Close" })) await user.click(close);
  expect(screen.queryByRole("status")).toBeNull();
  rerender(<KeptNotes fault="newer" lost={3} />);
  expect(screen.getByRole("status")).toHaveTextContent("A newer version of this page");
});
