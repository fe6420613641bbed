import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fileOf, PNG } from "@/test/samples";
import { Chooser } from "./Chooser";

const TYPES = "image/jpeg,image/png";
const file = fileOf(PNG);

function choosing(compact = false) {
  const onFiles = vi.fn<(files: File[]) => void>();
  render(<Chooser accept={TYPES} onFiles={onFiles} compact={compact} />);
  return { onFiles, user: userEvent.setup() };
}

describe("files", () => {
  it("can be chosen, several at once, of the accepted types", async () => {
    const { onFiles, user } = choosing();
    const input = screen.getByLabelText<HTMLInputElement>("Photos to add");
    expect(input).toMatchObject({ accept: TYPES, multiple: true });
    const other = fileOf(PNG, "other.png");
    await user.upload(input, [file, other]);
    expect(onFiles).toHaveBeenCalledExactlyOnceWith([file, other]);
  });

  it("can be chosen a second time", async () => {
    const { user } = choosing();
    const input = screen.getByLabelText<HTMLInputElement>("Photos to add");
    await user.upload(input, file);
    expect(input.value).toBe("");
  });

  it.each([
    [false, "Choose photos"],
    [true, "Add photos"],
  ])("are chosen with a button (compact: %s)", async (compact, name) => {
    const { user } = choosing(compact);
    const opened = vi.spyOn(screen.getByLabelText("Photos to add"), "click");
    await user.click(screen.getByRole("button", { name }));
    expect(opened).toHaveBeenCalledOnce();
  });
});

describe("the camera", () => {
  const stop = vi.fn();
  const open = vi.fn<() => Promise<unknown>>();

  beforeEach(() => {
    stop.mockReset();
    open.mockReset().mockResolvedValue({ getTracks: () => [{ stop }] });
    vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList); // a mouse
    Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia: open }, configurable: true });
    vi.spyOn(HTMLVideoElement.prototype, "videoWidth", "get").mockReturnValue(640);
    HTMLCanvasElement.prototype.toBlob = function toBlob(done, type) {
      done(new Blob(["frame"], { type: type ?? "" }));
    };
  });
  afterEach(() => {
    Reflect.deleteProperty(navigator, "mediaDevices");
  });

  it("is the device's camera app without a mouse", async () => {
    vi.mocked(window.matchMedia).mockReturnValue({ matches: false } as MediaQueryList);
    const { user } = choosing();
    const input = screen.getByLabelText("A picture from the camera");
    const opened = vi.spyOn(input, "click");
    await user.click(screen.getByRole("button", { name: "Take a picture" }));
    expect(opened).toHaveBeenCalledOnce();
    expect(input).toHaveAttribute("capture", "environment");
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  });

  it("takes a picture, and is stopped after it", async () => {
    const { onFiles, user } = choosing();
    await user.click(screen.getByRole("button", { name: "Take a picture" }));
    const take = await screen.findByRole("button", { name: "Take picture" });
    await vi.waitFor(() => expect(take).toBeEnabled());
    await user.click(take);
    const [taken] = onFiles.mock.calls[0]?.[0] ?? [];
    expect(taken).toMatchObject({ type: "image/jpeg", size: 5 });
    expect(taken?.name).toMatch(/^camera-\d{4}-\d\d-\d\d-\d{6}\.jpg$/);
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
    expect(stop).toHaveBeenCalled();
  });

  it("is stopped on Cancel, and gives no picture", async () => {
    const { onFiles, user } = choosing();
    await user.click(screen.getByRole("button", { name: "Take a picture" }));
    await vi.waitFor(() => expect(screen.getByRole("button", { name: "Take picture" })).toBeEnabled());
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    expect(stop).toHaveBeenCalled();
    expect(onFiles).not.toHaveBeenCalled();
  });

  it("shows an error if it cannot be used", async () => {
    open.mockRejectedValue(new DOMException("denied", "NotAllowedError"));
    const { user } = choosing();
    await user.click(screen.getByRole("button", { name: "Take a picture" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("The camera cannot be used");
    expect(screen.queryByRole("button", { name: "Take picture" })).not.toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  });
});
