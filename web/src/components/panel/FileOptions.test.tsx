import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Options } from "@/photos/options";
import { CONFIG, OPTIONS } from "@/test/samples";
import { FileOptions } from "./FileOptions";

function showing(changes: Partial<Options> = {}) {
  const onChange = vi.fn<(changes: Partial<Options>) => void>();
  render(<FileOptions options={{ ...OPTIONS, ...changes }} config={CONFIG} onChange={onChange} />);
  return { onChange, user: userEvent.setup() };
}

const radio = (group: string, name: string) =>
  within(screen.getByRole("group", { name: group })).getByRole("radio", { name });
const check = (name: string) => screen.getByRole("checkbox", { name });
const CONTROLS = { quality: /^Quality/, lossless: "Without loss", bit_depth: "16 bits per colour" };

describe("FileOptions", () => {
  it.each([
    ["png", ["bit_depth"]],
    ["jpeg", ["quality"]],
    ["webp", ["quality", "lossless"]],
    ["avif", ["quality"]],
    ["tiff", ["bit_depth"]],
    ["same", ["quality"]],
  ] as const)("has for %s the controls %j", (output_format, controls) => {
    showing({ output_format });
    const found = Object.entries(CONTROLS).filter(
      ([, name]) => screen.queryByRole("slider", { name }) ?? screen.queryByRole("checkbox", { name }),
    );
    expect(found.map(([option]) => option)).toEqual(controls);
  });

  it("has no quality for a WebP without loss", () => {
    showing({ output_format: "webp", lossless: true });
    expect(check("Without loss")).toBeChecked();
    expect(screen.queryByRole("slider")).not.toBeInTheDocument();
  });

  it("chooses format, quality, loss and depth", async () => {
    const { onChange, user } = showing({ output_format: "webp" });
    await user.click(radio("Save as", "The photo’s format"));
    expect(onChange).toHaveBeenLastCalledWith({ output_format: "same" });
    const quality = screen.getByRole("slider", { name: "Quality" });
    expect([quality.getAttribute("min"), quality.getAttribute("max")]).toEqual(["1", "100"]);
    fireEvent.change(quality, { target: { value: "57" } });
    expect(onChange).toHaveBeenLastCalledWith({ quality: 57 });
    await user.click(check("Without loss"));
    expect(onChange).toHaveBeenLastCalledWith({ lossless: true });
    document.body.innerHTML = "";
    const other = showing({ output_format: "tiff", bit_depth: "16" });
    await other.user.click(check("16 bits per colour"));
    expect(other.onChange).toHaveBeenLastCalledWith({ bit_depth: "8" });
  });

  it("says that few browsers show a TIFF file", () => {
    showing({ output_format: "tiff" });
    expect(screen.getByRole("group", { name: "Save as" })).toHaveAccessibleDescription(/cannot show a TIFF file/);
  });

  it("chooses the colours", async () => {
    const { onChange, user } = showing();
    expect(radio("Colours", "sRGB, for every screen")).toBeChecked();
    await user.click(radio("Colours", "The photo’s own"));
    expect(onChange).toHaveBeenLastCalledWith({ color_profile: "keep" });
  });

  it("offers the location only with the camera data, and with a warning", async () => {
    const { onChange, user } = showing();
    expect(screen.queryByRole("checkbox", { name: /location/ })).not.toBeInTheDocument();
    await user.click(check("Keep camera data"));
    expect(onChange).toHaveBeenLastCalledWith({ metadata: "keep", keep_location: false });
    document.body.innerHTML = "";
    const other = showing({ metadata: "keep" });
    expect(check("Keep the location too")).not.toBeChecked();
    expect(check("Keep the location too")).toHaveAccessibleDescription(/read where the photo was taken/);
    await other.user.click(check("Keep the location too"));
    expect(other.onChange).toHaveBeenLastCalledWith({ keep_location: true });
  });

  it("forgets the location when the camera data is no longer kept", async () => {
    const { onChange, user } = showing({ metadata: "keep", keep_location: true });
    await user.click(check("Keep camera data"));
    expect(onChange).toHaveBeenLastCalledWith({ metadata: "none", keep_location: false });
  });

  it.each<[Partial<Options>, string]>([
    [{}, "PNG"],
    [{ bit_depth: "16", quality: 50, lossless: true }, "PNG · 16 bits"],
    [{ output_format: "jpeg", bit_depth: "16" }, "JPEG · quality 95"],
    [{ output_format: "webp", lossless: true }, "WebP · without loss"],
    [{ color_profile: "keep", metadata: "keep" }, "PNG · own colours · camera data"],
    [{ metadata: "keep", keep_location: true }, "PNG · camera data, location"],
  ])("says while it is closed what is chosen: %j", (changes, words) => {
    showing(changes);
    expect(screen.getByText(words, { selector: "summary *" })).toBeInTheDocument();
  });
});
