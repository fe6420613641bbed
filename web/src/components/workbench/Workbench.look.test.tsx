import { act, fireEvent, screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { button, findButton, openWith, serveSite, TWO_FACES, type FakeSite } from "@/test/page";
import { pointAt, servePointer } from "@/test/pointer";
import { dryRunOf, faceOf, LOOKING } from "@/test/samples";
import { json } from "@/test/server";

let site: FakeSite;
beforeEach(() => {
  site = serveSite();
  site.config = () => json(200, LOOKING);
  servePointer();
});

const finds = (...faces: ReturnType<typeof faceOf>[]) => {
  site.look = () => json(200, { status: "success", data: dryRunOf({ faces }) });
};
const card = (number: number) => within(screen.getByRole("article", { name: `Face ${number}` }));
const fieldsOf = (form: FormData | undefined) =>
  Object.fromEntries([...(form ?? [])].filter(([name]) => name !== "file"));

/** Draws a box over the photo, which has 100 × 80 pixels. */
function drag([x0, y0, x1, y1]: [number, number, number, number]) {
  const layer = screen.getByRole("application");
  fireEvent.pointerDown(layer, pointAt(x0, y0));
  fireEvent.pointerUp(layer, pointAt(x1, y1));
}

describe("before a photo is restored", () => {
  it("the page says what will come of it, and a face is left as it is", async () => {
    finds(...TWO_FACES.faces.map((face) => ({ ...face, action: "restored" as const })));
    const user = await openWith("oma.png");
    expect(await screen.findByRole("heading", { name: "2 faces found" })).toBeVisible();
    expect(screen.getByText("about 8 s")).toBeVisible();
    expect(screen.getByText("2 faces found, about 8 seconds.")).toBeInTheDocument();
    expect(site.requests).toHaveLength(0);
    expect(fieldsOf(site.looks[0])).toMatchObject({ dry_run: "true", upscale_factor: "2" });

    fireEvent.click(button("Face 2"));
    expect(card(2).getByRole("slider")).toHaveValue("100");
    await user.click(card(2).getByRole("checkbox"));
    await user.click(button("Restore"));
    expect(site.last().fields).toMatchObject({ face_overrides: '{"1":0}', require_face: "true" });
    expect(site.last().fields).not.toHaveProperty("dry_run");
    await site.respond((request) => request.succeeds(TWO_FACES));
    expect(screen.getByRole("heading", { name: "2 faces" })).toBeVisible();
    expect(screen.queryByRole("heading", { name: "2 faces found" })).not.toBeInTheDocument();
    expect(screen.queryByText("about 8 s")).not.toBeInTheDocument();
  });

  it("a photo without a face is enlarged with one click", async () => {
    finds();
    const user = await openWith("sea.png");
    await user.click(await findButton("Enlarge it all the same"));
    expect(site.last().fields).toMatchObject({ require_face: "false" });
  });

  it("a photo that the server would refuse has its reason", async () => {
    const error = { error: "The file is broken.", code: "unreadable_image", stage: "decode", request_id: "r" };
    site.look = () => json(422, error);
    const user = await openWith("oma.png");
    expect(await screen.findByRole("alert")).toHaveTextContent("The file is broken.");
    await user.click(button("Try again"));
    expect(site.requests).toHaveLength(1);
  });

  it.each([401, 429, 500, 503])("a look that fails (%d) leaves the page as it would be without one", async (status) => {
    site.look = () => json(status, { error: "No.", code: "no", stage: null, request_id: "r" });
    await openWith("oma.png");
    await expect.poll(() => site.looks.length).toBe(1);
    await act(async () => undefined);
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
    expect(button("Restore")).toBeEnabled();
  });
});

it("an open card closes when other faces are found: its number is another face's", async () => {
  const [left, right] = [faceOf({ box: [10, 10, 40, 40] }), faceOf({ box: [70, 10, 95, 40] })];
  finds(left, right);
  const user = await openWith("oma.png");
  await screen.findByRole("heading", { name: "2 faces found" });
  fireEvent.click(button("Face 2"));
  expect(card(2).getByRole("slider")).toBeInTheDocument();

  finds(left, faceOf({ box: [42, 12, 62, 42] }), right);
  await user.click(screen.getByRole("checkbox", { name: /Correct the colours/ }));
  expect(await screen.findByRole("heading", { name: "3 faces found" })).toBeVisible();
  expect(card(2).queryByRole("slider")).not.toBeInTheDocument();
  expect(button("Face 2")).toHaveAttribute("aria-pressed", "false");
});

describe("a face that was not found", () => {
  it("is marked, keeps the strengths of the others, is sent, and is taken back", async () => {
    const [left, right] = [faceOf({ box: [10, 10, 40, 40] }), faceOf({ box: [70, 10, 95, 40] })];
    finds(left, right);
    const user = await openWith("oma.png");
    await screen.findByRole("heading", { name: "2 faces found" });
    await user.click(card(2).getByRole("checkbox"));
    await expect.poll(() => site.looks.length).toBe(2);

    finds(left, faceOf({ box: [42, 12, 62, 42], landmarks_estimated: true }), right);
    await user.click(button("Mark a face"));
    drag([42, 12, 62, 42]);
    expect(button("Restore")).toBeDisabled(); // until the order of the faces is known
    expect(await screen.findByRole("heading", { name: "2 faces found, 1 more marked" })).toBeVisible();
    expect(fieldsOf(site.looks.at(-1))).toMatchObject({ face_boxes: "[[42,12,62,42]]" });
    expect(card(2).getByText(/Only your box shows this face/)).toBeVisible();
    expect(card(3).getByRole("checkbox")).not.toBeChecked();

    await user.click(button("Restore"));
    expect(site.last().fields).toMatchObject({ face_boxes: "[[42,12,62,42]]", face_overrides: '{"2":0}' });
    await site.respond((request) => request.succeeds({ faces: [left, faceOf({ box: [42, 12, 62, 42] }), right] }));
    expect(screen.queryByRole("button", { name: /Remove your box/ })).not.toBeInTheDocument();

    finds(left, right);
    fireEvent.click(button("Face 2"));
    await user.click(card(2).getByRole("button", { name: "Remove your box" }));
    expect(await screen.findByRole("heading", { name: "2 faces found" })).toBeVisible();
    expect(card(2).getByRole("checkbox")).not.toBeChecked();
    await user.click(button("Restore again"));
    expect(site.last().fields).toMatchObject({ face_overrides: '{"1":0}' });
    expect(site.last().fields).not.toHaveProperty("face_boxes");
  });
});

it("an earlier server is asked for no look and no box", async () => {
  const earlier = serveSite();
  await openWith("oma.png");
  expect(button("Restore")).toBeEnabled();
  expect(screen.queryByRole("button", { name: "Mark a face" })).not.toBeInTheDocument();
  await act(() => new Promise((done) => setTimeout(done, 800)));
  expect(earlier.looks).toHaveLength(0);
});
