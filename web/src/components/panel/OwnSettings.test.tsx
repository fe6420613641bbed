import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Config } from "@/api/types";
import type { Options } from "@/photos/options";
import { CONFIG, EARLIER, OPTIONS } from "@/test/samples";
import { OwnSettings } from "./OwnSettings";

const DENOISING: Config = {
  ...CONFIG,
  choices: { ...CONFIG.choices, upscaler: ["compact-x2", "general-x4"] },
  denoisers: ["general-x4"],
};

function showing(changes: Partial<Options> = {}, config: Config = CONFIG) {
  const onChange = vi.fn<(changes: Partial<Options>) => void>();
  render(<OwnSettings options={{ ...OPTIONS, ...changes }} config={config} onChange={onChange} />);
  return { onChange, user: userEvent.setup() };
}

const AROUND = "Around the faces";
const radio = (group: string, name: string) =>
  within(screen.getByRole("group", { name: group })).getByRole("radio", { name });
const denoise = () => screen.getByRole("slider", { name: "Remove noise and grain" });

describe("OwnSettings", () => {
  it("says of each control what it does", () => {
    showing({}, DENOISING);
    const controls = [
      ...screen.getAllByRole("group"),
      ...screen.getAllByRole("checkbox"),
      ...screen.getAllByRole("slider"),
    ];
    expect(controls.length).toBeGreaterThan(7);
    for (const control of controls) expect(control).toHaveAccessibleDescription();
  });

  it("enlarges around the faces without a network, and with one again", async () => {
    const { onChange, user } = showing();
    expect(radio(AROUND, "Sharpen and clean")).toBeChecked();
    await user.click(radio(AROUND, "Only enlarge"));
    expect(onChange).toHaveBeenLastCalledWith({ background: "resample" });
    document.body.innerHTML = "";
    const other = showing({ background: "resample" });
    await other.user.click(radio(AROUND, "Sharpen and clean"));
    expect(other.onChange).toHaveBeenLastCalledWith({ background: null });
  });

  it("shows what the preset does around the faces, and goes before it", async () => {
    const { onChange, user } = showing({ preset: "fast" });
    expect(radio(AROUND, "Only enlarge")).toBeChecked();
    await user.click(radio(AROUND, "Sharpen and clean"));
    expect(onChange).toHaveBeenLastCalledWith({ background: "upscale" });
  });

  it("leaves grain only where the server has a network that can, and takes that one", () => {
    const { onChange } = showing({}, DENOISING);
    fireEvent.change(denoise(), { target: { value: "30" } });
    expect(onChange).toHaveBeenLastCalledWith({ denoise_strength: 0.3, upscaler: "general-x4" });
    document.body.innerHTML = "";
    const chosen = showing({ upscaler: "general-x4", denoise_strength: 0.3 }, DENOISING);
    fireEvent.change(denoise(), { target: { value: "100" } });
    expect(chosen.onChange).toHaveBeenLastCalledWith({ denoise_strength: 1 });
    document.body.innerHTML = "";
    showing({ background: "resample" }, DENOISING);
    expect(screen.queryByRole("slider", { name: /grain/ })).not.toBeInTheDocument();
    document.body.innerHTML = "";
    showing();
    expect(screen.queryByRole("slider", { name: /grain/ })).not.toBeInTheDocument();
  });

  it("chooses an upscaler by name, or leaves it to the server", async () => {
    const { onChange, user } = showing({}, DENOISING);
    expect(radio("Enlarge with", "What suits the size")).toBeChecked();
    await user.click(radio("Enlarge with", "general-x4"));
    expect(onChange).toHaveBeenLastCalledWith({ upscaler: "general-x4" });
    document.body.innerHTML = "";
    const other = showing({ upscaler: "general-x4" }, DENOISING);
    await other.user.click(radio("Enlarge with", "What suits the size"));
    expect(other.onChange).toHaveBeenLastCalledWith({ upscaler: null });
  });

  it("keeps the skin colour, unless it is told not to or the server is of an earlier version", async () => {
    const { onChange, user } = showing();
    const lock = screen.getByRole("checkbox", { name: "Keep the skin colour" });
    expect(lock).toBeChecked();
    await user.click(lock);
    expect(onChange).toHaveBeenLastCalledWith({ color_lock: false });
    document.body.innerHTML = "";
    showing({}, EARLIER);
    expect(screen.queryByRole("checkbox", { name: "Keep the skin colour" })).not.toBeInTheDocument();
  });
});
