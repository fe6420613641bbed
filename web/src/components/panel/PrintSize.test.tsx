import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Options } from "@/photos/options";
import type { Size } from "@/photos/photo";
import { CONFIG, OPTIONS } from "@/test/samples";
import { SizeOptions } from "./SizeOptions";

const SIZE = { width: 1200, height: 800 };

function showing(start: Partial<Options> = {}, size: Size | null = SIZE) {
  const onChange = vi.fn<(changes: Partial<Options>) => void>();
  function Kept() {
    const [options, setOptions] = useState<Options>({ ...OPTIONS, ...start });
    const change = (changes: Partial<Options>) => {
      onChange(changes);
      setOptions({ ...options, ...changes });
    };
    return <SizeOptions options={options} config={CONFIG} size={size} onChange={change} />;
  }
  render(<Kept />);
  return { onChange, user: userEvent.setup() };
}

const radio = (name: string) => within(screen.getByRole("group", { name: "Size" })).getByRole("radio", { name });
const length = () => screen.getByRole("textbox", { name: "Length on paper" });
const select = (name: string) => screen.getByRole("combobox", { name });

async function type(user: ReturnType<typeof userEvent.setup>, text: string) {
  await user.clear(length());
  await user.type(length(), text);
}

function browserIn(...languages: string[]) {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(languages);
}

beforeEach(() => {
  localStorage.clear();
  browserIn("de-DE");
});
afterEach(() => vi.restoreAllMocks());

describe("PrintSize", () => {
  it("starts with what the factor gives, and sends a width in centimetres as a long side", async () => {
    const { onChange, user } = showing();
    await user.click(radio("For print"));
    expect(onChange).toHaveBeenLastCalledWith({ long_side: 2400 });
    expect(length()).toHaveValue("20.3");
    await type(user, "15");
    expect(onChange).toHaveBeenLastCalledWith({ long_side: 1772 });
    expect(screen.getByText("This photo: 1200 × 800 px → 1772 × 1181 px")).toBeInTheDocument();
    await type(user, "12,7");
    expect(onChange).toHaveBeenLastCalledWith({ long_side: 1500 });
  });

  it("says what the photo gives without enlarging", async () => {
    const { user } = showing();
    await user.click(radio("For print"));
    expect(screen.getByText("Without enlarging, this photo gives 10.2 cm at 300 dpi.")).toBeInTheDocument();
    await user.selectOptions(select("Side"), "Height");
    await user.selectOptions(select("Unit"), "inches");
    expect(screen.getByText("Without enlarging, this photo gives 2.67 inches at 300 dpi.")).toBeInTheDocument();
  });

  it("keeps the length when the density is changed, and the pixels when only the words for them are", async () => {
    const { onChange, user } = showing({ long_side: 1200 });
    await user.click(radio("For print"));
    await type(user, "10");
    await user.selectOptions(select("Dots per inch"), "600 dpi");
    expect(onChange).toHaveBeenLastCalledWith({ long_side: 2362 });
    expect(length()).toHaveValue("10");
    const calls = onChange.mock.calls.length;
    await user.selectOptions(select("Unit"), "inches");
    expect(length()).toHaveValue("3.94");
    expect(onChange).toHaveBeenCalledTimes(calls);
  });

  it("warns when the photo does not give that", async () => {
    const { user } = showing({ long_side: 1200 });
    await user.click(radio("For print"));
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    await type(user, "25");
    expect(screen.getByRole("status")).toHaveTextContent(
      "On each side the print needs 2.5 times the photo’s pixels: fine detail",
    );
    await type(user, "50");
    expect(screen.getByRole("status")).toHaveTextContent(
      "On each side the print needs 4.9 times the photo’s pixels: the photo does not",
    );
  });

  it("takes no more than the server makes of this photo", async () => {
    const { onChange, user } = showing({ long_side: 1200 });
    await user.click(radio("For print"));
    const calls = onChange.mock.calls.length;
    await type(user, "900");
    expect(length()).toBeInvalid();
    expect(length()).toHaveAccessibleDescription(/^From 0\.1 to 103\.7 cm, the most/);
    await user.clear(length());
    await user.paste("103.7");
    expect(length()).toBeValid();
    expect(onChange.mock.calls.length).toBeGreaterThan(calls);
    const [{ long_side = 0 } = {}] = onChange.mock.lastCall ?? [];
    expect((long_side! * long_side! * 800) / 1200).toBeLessThanOrEqual(100.1e6);
  });

  it("measures in inches in the United States, and remembers what was chosen", async () => {
    browserIn("en-US", "de");
    const { user } = showing();
    await user.click(radio("For print"));
    expect(select("Unit")).toHaveValue("inch");
    expect(length()).toHaveValue("8");
    await user.selectOptions(select("Dots per inch"), "200 dpi");
    document.body.innerHTML = "";
    showing({ long_side: 1600 });
    expect(radio("For print")).toBeChecked();
    expect(select("Dots per inch")).toHaveValue("200");
    expect(length()).toHaveValue("8");
  });

  it("goes to pixels and back with the same size", async () => {
    const { onChange, user } = showing({ long_side: 1500 });
    await user.click(radio("For print"));
    await user.click(radio("In pixels"));
    expect(screen.getByRole("textbox", { name: "Long side in pixels" })).toHaveValue("1500");
    expect(onChange).not.toHaveBeenCalled();
    await user.click(radio("×1"));
    expect(onChange).toHaveBeenLastCalledWith({ upscale_factor: 1, long_side: null });
  });

  it("has no print of a photo whose size the browser cannot tell", () => {
    localStorage.setItem("likeness.size", "print");
    showing({ long_side: 1500 }, null);
    expect(radio("For print")).toBeDisabled();
    expect(radio("In pixels")).toBeChecked();
  });
});
