import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import type { Config } from "@/api/types";
import type { Options } from "@/photos/options";
import { firstOptions, optionsOf } from "@/photos/ways";
import { OPTIONS, WITH_WAYS } from "@/test/samples";
import { OptionsPanel } from "./OptionsPanel";

function showing(start: Options = firstOptions(WITH_WAYS), config: Config = WITH_WAYS) {
  const onChange = vi.fn<(options: Options) => void>();
  function Kept() {
    const [options, setOptions] = useState(start);
    const change = (chosen: Options) => {
      onChange(chosen);
      setOptions(chosen);
    };
    return (
      <OptionsPanel
        options={options}
        config={config}
        size={{ width: 100, height: 80 }}
        isFolded={false}
        onChange={change}
      />
    );
  }
  render(<Kept />);
  return { onChange, user: userEvent.setup() };
}

const way = (name: string) => within(screen.getByRole("group", { name: "What to do" })).getByRole("radio", { name });
const strength = () => screen.queryByRole("slider", { name: "Face strength" });
const summary = (words: string) => screen.getByText(words, { selector: "summary *" });

describe("ways to begin", () => {
  it("begin with an old photo, and hide the other controls", () => {
    showing();
    expect(way("Old photo")).toBeChecked();
    expect(way("Old photo")).toHaveAccessibleDescription("Restores faces in full and freshens faded colours");
    expect(strength()).not.toBeInTheDocument();
    expect(screen.getByRole("group", { name: "Size" })).toBeInTheDocument();
    expect(summary("Old photo · ×2 · PNG")).toBeInTheDocument();
  });

  it("have a picture each, loaded when it is seen", () => {
    showing();
    const pictures = screen.getAllByRole("img");
    expect(pictures.map((picture) => picture.getAttribute("src"))).toEqual([
      "/examples/old_photo.webp",
      "/examples/sharper.webp",
      "/examples/larger.webp",
    ]);
    for (const picture of pictures) {
      expect(picture).toHaveAttribute("loading", "lazy");
      expect(picture).toHaveAccessibleName();
    }
  });

  it.each([
    ["Sharper", "sharper"],
    ["Larger", "larger"],
  ] as const)("set by %s what the server's preset says, and nothing else", async (name, id) => {
    const start = { ...firstOptions(WITH_WAYS), upscale_factor: 4, preset: "best" } as const;
    const { onChange, user } = showing(start);
    await user.click(way(name));
    expect(onChange).toHaveBeenCalledExactlyOnceWith({ ...start, ...optionsOf(id, WITH_WAYS) });
    expect(way(name)).toBeChecked();
    expect(summary(`${name} · Best · ×4 · PNG`)).toBeInTheDocument();
  });

  it("open own settings without changing anything, and go back", async () => {
    const { onChange, user } = showing();
    await user.click(way("Own settings"));
    expect(way("Own settings")).toBeChecked();
    expect(onChange).not.toHaveBeenCalled();
    expect(strength()).toHaveValue("100");
    await user.click(way("Sharper"));
    expect(strength()).not.toBeInTheDocument();
  });

  it("are left by a changed control, also when it is set back", async () => {
    const { user } = showing();
    await user.click(way("Own settings"));
    fireEvent.change(strength()!, { target: { value: "45" } });
    expect(way("Own settings")).toBeChecked();
    expect(summary("×2 · 45 % · colours corrected · PNG")).toBeInTheDocument();
    fireEvent.change(strength()!, { target: { value: "100" } });
    expect(way("Own settings")).toBeChecked();
    expect(strength()).toBeInTheDocument();
  });

  it("are own settings for options that are none of them", () => {
    showing(OPTIONS);
    expect(way("Own settings")).toBeChecked();
    expect(strength()).toBeInTheDocument();
  });

  it("keep the way when its size or its file is changed", async () => {
    const { user } = showing();
    await user.click(screen.getByRole("radio", { name: "×4" }));
    await user.click(screen.getByRole("radio", { name: "JPEG" }));
    expect(way("Old photo")).toBeChecked();
  });

  it.each<[string, Config, Partial<Options>]>([
    ["no network", WITH_WAYS, { background: "resample" }],
    [
      "a network that can",
      { ...WITH_WAYS, denoisers: ["general-x4"] },
      { denoise_strength: 0, upscaler: "general-x4" },
    ],
  ])("keep the grain of an old photo by %s", async (_what, config, fields) => {
    const { onChange, user } = showing(firstOptions(config), config);
    const grain = screen.getByRole("checkbox", { name: "Keep the grain" });
    await user.click(grain);
    expect(onChange).toHaveBeenLastCalledWith({ ...firstOptions(config), ...fields });
    expect(way("Old photo")).toBeChecked();
    expect(summary("Old photo · ×2 · grain kept · PNG")).toBeInTheDocument();
    await user.click(grain);
    expect(onChange).toHaveBeenLastCalledWith(firstOptions(config));
    await user.click(way("Larger"));
    expect(screen.queryByRole("checkbox", { name: "Keep the grain" })).not.toBeInTheDocument();
  });
});
