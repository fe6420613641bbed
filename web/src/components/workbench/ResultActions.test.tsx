import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import type { Photo, Result } from "@/photos/photo";
import { photoOf, resultOf } from "@/test/samples";
import { today } from "@/photos/names";
import { ResultActions } from "./ResultActions";

beforeEach(() => localStorage.clear());

function showing(changes: Partial<Result> = {}, others: Photo[] = []) {
  const result = { ...resultOf(), blob: new Blob(["x".repeat(2500)], { type: "image/png" }), ...changes };
  const photo = photoOf({ result });
  render(<ResultActions photo={photo} result={result} photos={[photo, ...others]} isMain />);
}

function withClipboard(write: () => Promise<void>) {
  const clipboard = { write: vi.fn(write), writeText: vi.fn(write) };
  vi.stubGlobal("navigator", Object.create(navigator, { clipboard: { value: clipboard } }));
  vi.stubGlobal(
    "ClipboardItem",
    class {
      constructor(readonly items: Record<string, Promise<Blob>>) {}
    },
  );
  return clipboard;
}

const download = () => screen.getByRole("link", { name: "Download" });
const press = (name: string) => act(async () => screen.getByRole("button", { name }).click());

it("tells the name and the size of the file", () => {
  showing();
  expect(download()).toHaveAttribute("download", "portrait-likeness.png");
  expect(screen.getByText("portrait-likeness.png")).toBeVisible();
  expect(screen.getByText("2.5 kB")).toBeVisible();
});

it("names files as the person wants, and remembers it", async () => {
  showing();
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "More" }));
  const field = await screen.findByLabelText("Names of files");
  await user.clear(field);
  await user.type(field, "{{date} a/b ");
  await user.click(screen.getByRole("button", { name: "Size" }));
  expect(download()).toHaveAttribute("download", `${today()} a_b 200x160.png`);
  expect(field).toHaveAccessibleDescription(`This one: ${today()} a_b 200x160.png · 2.5 kB`);
  expect(localStorage.getItem("likeness.names")).toBe("{date} a/b {size}");
  await user.click(screen.getByRole("button", { name: "As usual" }));
  expect(download()).toHaveAttribute("download", "portrait-likeness.png");
  expect(localStorage.getItem("likeness.names")).toBeNull();
});

it("copies the picture", async () => {
  const { write } = withClipboard(async () => undefined);
  showing();
  await press("Copy picture");
  expect(await screen.findByText("The picture is copied.")).toHaveRole("status");
  const [[item]] = write.mock.calls[0] as unknown as [[{ items: Record<string, Promise<Blob>> }]];
  expect((await item.items["image/png"])?.size).toBe(2500);
});

it.each([
  [
    "where the page has no clipboard",
    () => vi.stubGlobal("navigator", Object.create(navigator, { clipboard: {} })),
    {},
    /needs HTTPS/,
  ],
  [
    "where the browser refuses",
    () => withClipboard(() => Promise.reject(new DOMException("", "NotAllowedError"))),
    {},
    /did not allow/,
  ],
  [
    "that cannot be decoded",
    () => withClipboard(() => Promise.reject(new Error("too large"))),
    {},
    /could not be copied/,
  ],
  [
    "that the browser cannot show",
    () => withClipboard(async () => undefined),
    { isShown: false },
    /cannot read this format/,
  ],
] as const)("says why it does not copy a picture %s", async (_, prepare, changes, words) => {
  prepare();
  showing(changes);
  await press("Copy picture");
  expect(await screen.findByRole("status")).toHaveTextContent(words);
});

it("copies the figures without the picture", async () => {
  const { writeText } = withClipboard(async () => undefined);
  showing();
  await press("More");
  await screen.findByLabelText("Names of files");
  await press("Copy the figures as JSON");
  expect(await screen.findByText("The figures are copied.")).toBeVisible();
  const [text] = writeText.mock.calls[0] as unknown as [string];
  expect(JSON.parse(text)).toMatchObject({ status: "success", data: { width: 200 } });
});

it("shares the file where the system can, under its name", async () => {
  const share = vi.fn<(data: ShareData) => Promise<void>>(async () => undefined);
  vi.stubGlobal("navigator", Object.create(navigator, { canShare: { value: () => true }, share: { value: share } }));
  showing();
  await press("Share");
  expect(share.mock.calls[0]?.[0].files?.map(({ name, type }) => [name, type])).toEqual([
    ["portrait-likeness.png", "image/png"],
  ]);
  share.mockRejectedValueOnce(new DOMException("", "AbortError")); // the person has closed the sheet
  await press("Share");
  expect(screen.getByRole("status")).toBeEmptyDOMElement();
  share.mockRejectedValueOnce(new TypeError("no"));
  await press("Share");
  expect(screen.getByRole("status")).toHaveTextContent("could not be shared");
});

it("does not offer to share where the system cannot, nor a ZIP of one picture", () => {
  showing({}, [photoOf({ id: "b" })]);
  expect(screen.queryByRole("button", { name: "Share" })).not.toBeInTheDocument();
  expect(screen.queryByText(/^ZIP/)).not.toBeInTheDocument();
});

it("offers all pictures as one ZIP, and tells its size before", async () => {
  showing({}, [photoOf({ id: "b", result: { ...resultOf(), blob: new Blob(["y".repeat(1500)]) } })]);
  expect(await screen.findByRole("button", { name: "Download all as ZIP" })).toBeVisible();
  expect(screen.getByText("ZIP of 2 pictures, 4 kB")).toBeVisible();
});
