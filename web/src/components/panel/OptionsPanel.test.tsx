import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Config } from "@/api/types";
import type { Options } from "@/photos/options";
import { CONFIG, EARLIER, LOADING, OPTIONS, WITHOUT_RECOGNISER } from "@/test/samples";
import { OptionsPanel } from "./OptionsPanel";

const SIZE = { width: 100, height: 80 };

function showing(changes: Partial<Options> = {}, config: Config = CONFIG) {
  const onChange = vi.fn<(options: Options) => void>();
  render(
    <OptionsPanel
      options={{ ...OPTIONS, ...changes }}
      config={config}
      size={SIZE}
      isFolded={false}
      onChange={onChange}
    />,
  );
  return { onChange, user: userEvent.setup() };
}

const RESTORERS = "How to restore faces";
const SEVERAL: Config = {
  ...CONFIG,
  choices: { ...CONFIG.choices, restorer: ["portrait-face", "compact-face", "own-face"] },
};

const choice = (group: string, name: string | RegExp) =>
  within(screen.getByRole("group", { name: group })).getByRole("radio", { name });

describe("OptionsPanel", () => {
  it("shows the chosen options", () => {
    showing({ upscale_factor: 3, faces: "center", strength: 0.6 });
    expect(choice("Size", "×3")).toBeChecked();
    expect(choice("Size", "×2")).not.toBeChecked();
    expect(choice("Faces to restore", "The middle one")).toBeChecked();
    expect(screen.getByRole("slider", { name: "Face strength" })).toHaveValue("60");
    expect(screen.getByRole("checkbox", { name: /Keep the likeness/ })).not.toBeChecked();
  });

  it.each([
    ["Size", "×4", { upscale_factor: 4 }],
    ["Faces to restore", "The largest", { faces: "largest" }],
    ["Save as", "JPEG", { output_format: "jpeg" }],
  ] as const)("changes %s to %s, and nothing else", async (group, name, changes) => {
    const { onChange, user } = showing();
    await user.click(choice(group, name));
    expect(onChange).toHaveBeenCalledExactlyOnceWith({ ...OPTIONS, ...changes });
  });

  it.each([
    [/Keep the likeness/, { identity_policy: "protect" }, { identity_policy: "warn" }],
    [/Correct the colours/, { color_correction: "auto" }, { color_correction: "none" }],
  ] as const)("turns %s on and off", async (name, on, off) => {
    const { onChange, user } = showing();
    await user.click(screen.getByRole("checkbox", { name }));
    expect(onChange).toHaveBeenLastCalledWith({ ...OPTIONS, ...on });
    document.body.innerHTML = "";
    const other = showing(on);
    await other.user.click(screen.getByRole("checkbox", { name }));
    expect(other.onChange).toHaveBeenLastCalledWith({ ...OPTIONS, ...off });
  });

  it("changes the strength in steps of a percent", () => {
    const { onChange } = showing();
    fireEvent.change(screen.getByRole("slider", { name: "Face strength" }), { target: { value: "45" } });
    expect(onChange).toHaveBeenCalledExactlyOnceWith({ ...OPTIONS, strength: 0.45 });
  });

  it("disables Keep the likeness without a recogniser, and says why", () => {
    showing({}, WITHOUT_RECOGNISER);
    const keep = screen.getByRole("checkbox", { name: /Keep the likeness/ });
    expect(keep).toBeDisabled();
    expect(keep).toHaveAccessibleDescription(/no model that recognises people/);
  });

  it.each([
    ["the models are loaded", CONFIG],
    ["the models are loading", LOADING],
  ])("shows the threshold and the recogniser while %s", (_when, config) => {
    showing({}, config);
    const keep = screen.getByRole("checkbox", { name: /Keep the likeness/ });
    expect(keep).toBeEnabled();
    expect(keep).toHaveAccessibleDescription(/Soften a face.*: same person from 0\.50 on, by own-faces$/);
  });

  it("offers restorers only if there are several", async () => {
    showing();
    expect(screen.queryByRole("group", { name: RESTORERS })).not.toBeInTheDocument();
    const { onChange, user } = showing({}, SEVERAL);
    expect(choice(RESTORERS, "Rebuild blurred and worn faces portrait-face")).toBeChecked();
    expect(choice(RESTORERS, "own-face")).not.toBeChecked(); // there are no words for it
    await user.click(choice(RESTORERS, "Sharpen and clean compact-face"));
    expect(onChange).toHaveBeenCalledExactlyOnceWith({ ...OPTIONS, restorer: "compact-face" });
  });

  it("sends no name for the server's default restorer", async () => {
    const { onChange, user } = showing({ restorer: "own-face" }, SEVERAL);
    await user.click(choice(RESTORERS, /portrait-face/));
    expect(onChange).toHaveBeenCalledExactlyOnceWith({ ...OPTIONS, restorer: null });
  });

  it("names another restorer than the default while it is closed", () => {
    showing({}, SEVERAL);
    expect(screen.getByText("×2 · 100 % · PNG")).toBeInTheDocument();
    showing({ restorer: "compact-face" }, SEVERAL);
    expect(screen.getByText("×2 · 100 % · compact-face · PNG")).toBeInTheDocument();
  });

  it("offers only what the server offers", () => {
    const choices = { ...CONFIG.choices, faces: ["all", "center"], output_format: ["png"] };
    showing({}, { ...CONFIG, choices, limits: { ...CONFIG.limits, upscale_factor: [1, 2], strength: [0.2, 0.9] } });
    const names = (group: string) =>
      within(screen.getByRole("group", { name: group }))
        .getAllByRole("radio")
        .map((radio) => (radio as HTMLInputElement).labels?.[0]?.textContent);
    expect(names("Size")).toEqual(["×1", "×2", "In pixels", "For print"]);
    expect(names("Faces to restore")).toEqual(["Every face", "The middle one"]);
    expect(names("Save as")).toEqual(["PNG"]);
    const strength = screen.getByRole("slider", { name: "Face strength" });
    expect([strength.getAttribute("min"), strength.getAttribute("max")]).toEqual(["20", "90"]);
  });

  it("offers the server's presets in words, and says what the chosen one means", async () => {
    const { onChange, user } = showing();
    const group = screen.getByRole("group", { name: "Speed or quality" });
    expect(choice("Speed or quality", "Balanced")).toBeChecked();
    expect(group).toHaveAccessibleDescription("The server’s usual way");
    await user.click(choice("Speed or quality", "Fast"));
    expect(onChange).toHaveBeenCalledExactlyOnceWith({ ...OPTIONS, preset: "fast" });
    document.body.innerHTML = "";
    showing({ preset: "fast" });
    expect(screen.getByRole("group", { name: "Speed or quality" })).toHaveAccessibleDescription(/^Without figures\./);
    expect(screen.getByText("Fast · ×2 · 100 % · PNG")).toBeInTheDocument();
  });

  it("keeps the preset with a starting point", async () => {
    const { onChange, user } = showing({ preset: "best" });
    await user.click(choice("Start from", "For the screen"));
    expect(onChange).toHaveBeenCalledExactlyOnceWith({
      ...OPTIONS,
      preset: "best",
      output_format: "jpeg",
      quality: 90,
    });
    expect(choice("Speed or quality", "Best")).toBeChecked();
  });

  it("shows the preset's restorer, and names another only once it is chosen", async () => {
    const best = { fields: {}, models: ["own-face"] };
    const config = { ...SEVERAL, presets: { ...CONFIG.presets, best } };
    const { onChange, user } = showing({ preset: "best" }, config);
    expect(choice(RESTORERS, "own-face")).toBeChecked();
    await user.click(choice(RESTORERS, /portrait-face/)); // the server's default, but not the preset's
    expect(onChange).toHaveBeenCalledExactlyOnceWith({ ...OPTIONS, preset: "best", restorer: "portrait-face" });
  });

  it("sets several options by a starting point, and nothing else", async () => {
    const { onChange, user } = showing({ faces: "largest", strength: 0.4, long_side: 900 });
    expect(screen.getByRole("group", { name: "Start from" })).toHaveAccessibleDescription(
      "Size and file as set by hand",
    );
    await user.click(choice("Start from", "For the screen"));
    expect(onChange).toHaveBeenCalledExactlyOnceWith({
      ...OPTIONS,
      faces: "largest",
      strength: 0.4,
      output_format: "jpeg",
      quality: 90,
    });
  });

  it("says which starting point is chosen, until one of its options is changed", () => {
    const screenOptions = { output_format: "jpeg", quality: 90 } as const;
    showing(screenOptions);
    expect(choice("Start from", "For the screen")).toBeChecked();
    expect(screen.getByRole("group", { name: "Start from" })).toHaveAccessibleDescription(/^Twice as large, a JPEG/);
    document.body.innerHTML = "";
    showing({ ...screenOptions, quality: 89 });
    expect(choice("Start from", "For the screen")).not.toBeChecked();
    expect(screen.getByText("Size and file as set by hand")).toBeInTheDocument();
  });

  it("offers no more than an earlier server knows", () => {
    showing({ output_format: "png" }, EARLIER);
    expect(screen.queryByRole("group", { name: "Speed or quality" })).not.toBeInTheDocument();
    const names = screen.getAllByRole("radio").map((radio) => (radio as HTMLInputElement).labels?.[0]?.textContent);
    expect(names).toEqual([
      "×1",
      "×2",
      "×4",
      "Every face",
      "The largest",
      "The middle one",
      "Only enlarge",
      "Sharpen and clean",
      "For the screen",
      "PNG",
      "JPEG",
      "WebP",
    ]);
    expect(screen.getAllByRole("checkbox")).toHaveLength(2); // likeness and colours
  });
});
