import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import { FACE, useFaceKeys } from "./useFaceKeys";

/** Three faces. As on a zoomed picture, only the selected one has a button, or all while none is selected. */
function Marks() {
  const [selected, setSelected] = useState<number | null>(null);
  const toggle = (face: number) => setSelected(face === selected ? null : face);
  const { list, onKeyDown } = useFaceKeys<HTMLDivElement>(3, selected, toggle);
  const shown = [0, 1, 2].filter((face) => selected === null || face === selected);
  return (
    <div ref={list} onKeyDown={onKeyDown}>
      {shown.map((face) => (
        <button key={face} aria-pressed={face === selected} {...{ [FACE]: face }} onClick={() => toggle(face)}>
          {face}
        </button>
      ))}
      <input aria-label="strength" />
    </div>
  );
}

const selected = () => screen.queryByRole("button", { pressed: true })?.textContent;

it("arrow keys go from face to face, with the focus, and end at the last", async () => {
  const user = userEvent.setup();
  render(<Marks />);
  await user.click(screen.getByRole("button", { name: "0" }));
  await user.keyboard("{ArrowRight}");
  expect(selected()).toBe("1");
  expect(screen.getByRole("button", { name: "1" })).toHaveFocus();
  await user.keyboard("{ArrowDown}{ArrowDown}");
  expect(selected()).toBe("2");
  await user.keyboard("{ArrowUp}{ArrowLeft}{ArrowLeft}");
  expect(selected()).toBe("0");
  await user.keyboard("{End}");
  expect(selected()).toBe("2");
  await user.keyboard("{Home}");
  expect(screen.getByRole("button", { name: "0" })).toHaveFocus();
});

it("Escape goes back to the whole picture, and keeps the place", async () => {
  const user = userEvent.setup();
  render(<Marks />);
  await user.click(screen.getByRole("button", { name: "1" }));
  await user.click(screen.getByLabelText("strength"));
  await user.keyboard("{Escape}");
  expect(selected()).toBeUndefined();
  expect(screen.getByRole("button", { name: "1" })).toHaveFocus();
});

it("arrow keys in other controls, or with a modifier, do nothing", async () => {
  const user = userEvent.setup();
  render(<Marks />);
  await user.click(screen.getByLabelText("strength"));
  await user.keyboard("{ArrowDown}");
  expect(selected()).toBeUndefined();
  screen.getByRole("button", { name: "0" }).focus();
  await user.keyboard("{Control>}{ArrowRight}{/Control}");
  expect(selected()).toBeUndefined();
});
