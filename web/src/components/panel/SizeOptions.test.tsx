import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import type { Config } from "@/api/types";
import type { Options } from "@/photos/options";
import type { Size } from "@/photos/photo";
import { CONFIG, EARLIER, OPTIONS } from "@/test/samples";
import { SizeOptions } from "./SizeOptions";

function showing(
  start: Partial<Options> = {},
  size: Size | null = { width: 100, height: 80 },
  config: Config = CONFIG,
) {
  const onChange = vi.fn<(changes: Partial<Options>) => void>();
  function Kept() {
    const [options, setOptions] = useState<Options>({ ...OPTIONS, ...start });
    const change = (changes: Partial<Options>) => {
      onChange(changes);
      setOptions({ ...options, ...changes });
    };
    return <SizeOptions options={options} config={config} size={size} onChange={change} />;
  }
  render(<Kept />);
  return { onChange, user: userEvent.setup() };
}

const radio = (name: string) => within(screen.getByRole("group", { name: "Size" })).getByRole("radio", { name });
const field = () => screen.getByRole("textbox", { name: "Long side in pixels" });

describe("SizeOptions", () => {
  it("shows the size that the result of this photo will have", async () => {
    const { user } = showing();
    expect(screen.getByText("This photo: 100 × 80 px → 200 × 160 px")).toBeInTheDocument();
    await user.click(radio("×8"));
    expect(screen.getByText("This photo: 100 × 80 px → 800 × 640 px")).toBeInTheDocument();
  });

  it("shows none for a photo whose size the browser cannot tell", () => {
    showing({}, null);
    expect(screen.queryByText(/This photo/)).not.toBeInTheDocument();
    expect(radio("×8")).toBeEnabled();
  });

  it("offers the factors that this photo may have", () => {
    showing({}, { width: 4200, height: 4200 });
    expect(["×1", "×2", "×4", "×8"].map((name) => (radio(name) as HTMLInputElement).disabled)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it("keeps a chosen factor although it is too large for this photo", () => {
    showing({ upscale_factor: 4 }, { width: 4200, height: 4200 });
    expect(radio("×4")).toBeChecked();
    expect(radio("×4")).toBeEnabled();
  });

  it("keeps a factor that another version of the page offered", () => {
    showing({ upscale_factor: 3 });
    expect(radio("×3")).toBeChecked();
  });

  it("starts in pixels with the size that the factor gave, and goes back to a factor", async () => {
    const { onChange, user } = showing({ upscale_factor: 4 });
    await user.click(radio("In pixels"));
    expect(onChange).toHaveBeenLastCalledWith({ long_side: 400 });
    expect(field()).toHaveValue("400");
    await user.click(radio("×1"));
    expect(onChange).toHaveBeenLastCalledWith({ upscale_factor: 1, long_side: null });
    expect(screen.queryByRole("textbox")).not.toBeInTheDocument();
  });

  it.each([
    [{ width: 5, height: 4 }, 16],
    [{ width: 30_000, height: 4 }, 32_768],
    [null, 2048],
  ])("starts for %j within the bounds", async (size, pixels) => {
    const { onChange, user } = showing({}, size);
    await user.click(radio("In pixels"));
    expect(onChange).toHaveBeenLastCalledWith({ long_side: pixels });
  });

  it("takes a side that is smaller than the photo's", async () => {
    const { onChange, user } = showing({ long_side: 400 });
    await user.clear(field());
    await user.type(field(), "50");
    expect(onChange).toHaveBeenLastCalledWith({ long_side: 50 });
    expect(screen.getByText("This photo: 100 × 80 px → 50 × 40 px")).toBeInTheDocument();
  });

  it.each(["7", "40000", "12.5", "-20", "many"])("does not take %j, says so, and restores the number", async (text) => {
    const { onChange, user } = showing({ long_side: 400 });
    await user.clear(field());
    expect(field()).toBeInvalid();
    await user.click(field());
    await user.paste(text);
    expect(field()).toBeInvalid();
    expect(field()).toHaveAccessibleDescription("A whole number from 16 to 32,768");
    await user.tab();
    expect(onChange).not.toHaveBeenCalled();
    expect(field()).toHaveValue("400");
    expect(field()).toBeValid();
  });

  it("offers factors only, of a server that knows no pixels", () => {
    showing({}, { width: 100, height: 80 }, EARLIER);
    expect(screen.getAllByRole("radio")).toHaveLength(3);
  });
});
