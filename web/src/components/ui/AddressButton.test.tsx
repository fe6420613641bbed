import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { AddressButton } from "./AddressButton";

const PHOTO = "https://example.org/oma.jpg";

function opening() {
  const onAddress = vi.fn((text: string) => text === PHOTO);
  render(<AddressButton onAddress={onAddress} />);
  return { onAddress, user: userEvent.setup() };
}

const opener = () => screen.getByRole("button", { name: "Add a photo by its address" });
const field = () => screen.getByRole("textbox", { name: "Address of a photo on the web" });

describe("AddressButton", () => {
  it("gives what was typed, and closes", async () => {
    const { onAddress, user } = opening();
    await user.click(opener());
    expect(screen.getByRole("dialog", { name: "Add a photo by its address" })).toBeVisible();
    expect(field()).toHaveAccessibleDescription(/The server fetches the photo/);
    await user.type(field(), `${PHOTO}{Enter}`);
    expect(onAddress).toHaveBeenCalledExactlyOnceWith(PHOTO);
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  });

  it("says that something else is no address, until it is changed", async () => {
    const { user } = opening();
    await user.click(opener());
    await user.type(field(), "oma{Enter}");
    expect(screen.getByRole("alert")).toHaveTextContent("This is no address of the web");
    expect(field()).toBeInvalid();
    expect(field()).toHaveValue("oma");
    await user.type(field(), ".");
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("takes nothing if it is cancelled", async () => {
    const { onAddress, user } = opening();
    await user.click(opener());
    expect(screen.getByRole("button", { name: "Add" })).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
    expect(onAddress).not.toHaveBeenCalled();
  });
});
