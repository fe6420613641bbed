import { fireEvent, screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { button, findButton, openPage, openWith, serveSite, TWO_FACES, type FakeSite } from "@/test/page";
import { fileOf, PNG } from "@/test/samples";
import { json } from "@/test/server";

let site: FakeSite;
beforeEach(() => {
  site = serveSite();
});

describe("a photo", () => {
  it("is added, restored, and restored again with one face left as it was", async () => {
    const user = await openWith("oma.png");
    expect(screen.getByRole("img", { name: "oma.png, as it is now" })).toBeInTheDocument();

    await user.click(button("Restore"));
    expect((site.last().form.get("file") as File).name).toBe("oma.png");
    expect(site.last().fields).not.toHaveProperty("face_overrides");
    await site.respond((request) => {
      request.uploads(40, 100);
    });
    const uploaded = Number(screen.getByRole("progressbar", { name: "Uploading" }).getAttribute("aria-valuenow"));
    expect(uploaded).toBeLessThan(40); // of the whole work, however slow this test's machine is
    await site.respond((request) => {
      request.streams();
      request.sendsEvent("stage", { stage: "restoration", fraction: 0.5 });
    });
    const percent = () => Number(screen.getByRole("progressbar").getAttribute("aria-valuenow"));
    expect(screen.getByRole("progressbar", { name: "Restoring the faces" })).toBeInTheDocument();
    const half = percent();
    expect(half).toBeGreaterThan(uploaded);
    await site.respond((request) =>
      request.sendsEvent("plan", { seconds: 9, stages_s: { restoration: 3, upscaling: 6 } }),
    );
    expect(percent()).toBe(half);
    expect(screen.getByText(/^about \d+ s left$/)).toBeVisible();
    await site.respond((request) => {
      request.sendsEvent("stage", { stage: "upscaling", fraction: 0 });
      request.sendsEvent("sending", { bytes: 4000 });
    });
    expect(screen.getByRole("progressbar", { name: "Receiving the picture" })).toBeInTheDocument();
    expect(percent()).toBeGreaterThan(half);
    await site.respond((request) => request.succeeds(TWO_FACES));

    expect(screen.getByRole("img", { name: "oma.png after" })).toBeInTheDocument();
    expect(screen.getByRole("heading", { name: "Same person: 0.92 (threshold 0.50)" })).toBeVisible();
    expect(screen.getByRole("heading", { name: "2 faces" })).toBeVisible();
    expect(screen.getByText("It is too small.")).toBeVisible();
    expect(screen.getByRole("link", { name: "Download" })).toHaveAttribute("download", "oma-likeness.png");
    expect(button("oma.png, done")).toBeInTheDocument();

    const card = within(screen.getByRole("article", { name: "Face 1" }));
    await user.click(card.getByRole("button", { expanded: false }));
    await user.click(card.getByRole("button", { name: "Do not restore" }));
    expect(card.getByText(/takes effect when the photo is restored again/)).toBeVisible();
    await user.click(button("Restore again"));
    expect(JSON.parse(String(site.last().fields.face_overrides))).toEqual({ "0": 0 });
    await site.respond((request) => request.succeeds(TWO_FACES));
    expect(screen.queryByRole("button", { name: "Restore again" })).not.toBeInTheDocument();
    expect(site.requests).toHaveLength(2);
  });

  it("need not be restored again once an override is removed", async () => {
    const user = await openWith("oma.png");
    await user.click(button("Restore"));
    await site.respond((request) => request.succeeds(TWO_FACES));
    screen.getByRole("button", { name: "Face 2", pressed: false }).focus();
    await user.keyboard("{Enter}");
    const card = within(screen.getByRole("article", { name: "Face 2" }));
    fireEvent.change(card.getByRole("slider"), { target: { value: "30" } });
    expect(button("Restore again")).toBeEnabled();
    await user.click(card.getByRole("button", { name: "As for all" }));
    expect(screen.queryByRole("button", { name: "Restore again" })).not.toBeInTheDocument();
    await user.click(card.getByRole("button", { expanded: true }));
    expect(card.queryByRole("slider")).not.toBeInTheDocument();
  });

  it("can be shown face by face", async () => {
    const user = await openWith("oma.png");
    await user.click(button("Restore"));
    await site.respond((request) => request.succeeds(TWO_FACES));
    await user.click(button("Faces 2"));
    for (const name of ["Face 1 before", "Face 1 after", "Face 2 before", "Face 2 after"]) {
      expect(screen.getByRole("img", { name })).toBeInTheDocument();
    }
    await user.click(button("Picture"));
    expect(screen.getByRole("img", { name: "oma.png after" })).toBeInTheDocument();
  });

  it("without a face is enlarged if the person wants it", async () => {
    const user = await openWith("sea.png");
    await user.click(button("Restore"));
    const error = { error: "No face was found.", code: "no_face_detected", stage: "detection", request_id: "r" };
    await site.respond((request) => request.replies(422, JSON.stringify(error)));
    expect(await screen.findByRole("alert")).toHaveTextContent("No face was found in this photo.");
    await user.click(button("Enlarge it all the same"));
    expect(site.last().fields).toMatchObject({ require_face: "false" });
    await site.respond((request) => request.succeeds({ faces: [] }));
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
  });

  it("that is refused is not sent, and the reason is shown", async () => {
    const user = openPage();
    await user.upload(screen.getByLabelText("Photos to add"), fileOf([1, 2, 3], "letter.png"));
    expect(await screen.findByText(/Only these are accepted: JPEG, PNG, WebP\./)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Restore" })).not.toBeInTheDocument();
    await user.click(button("Remove letter.png"));
    expect(screen.getByRole("heading", { name: "Drop a photo here" })).toBeVisible();
  });

  it("can be dropped anywhere on the page", async () => {
    openPage();
    fireEvent.drop(document.body, { dataTransfer: { types: ["Files"], files: [fileOf(PNG, "dropped.png")] } });
    expect(await findButton("dropped.png, new")).toBeInTheDocument();
  });

  it("may be the sample", async () => {
    const user = openPage();
    await user.click(button("Try it with this photo"));
    expect(await findButton("sample.jpg, new")).toBeInTheDocument();
  });

  it("that is the sample may fail to load, and the page then checks the server", async () => {
    const user = openPage();
    await screen.findByText(/megapixels/);
    site.sample = site.config = () => json(500, {});
    await user.click(button("Try it with this photo"));
    expect(await screen.findByText(/The server answered 500/)).toBeVisible();
  });
});

it("switches the theme and back, and saves it", async () => {
  const user = openPage();
  await user.click(button("Light or dark"));
  expect(document.documentElement.dataset.theme).toBe("light");
  expect(localStorage.getItem("likeness.theme")).toBe("light");
  await user.click(button("Light or dark"));
  expect(document.documentElement.dataset.theme).toBeUndefined(); // it follows the system again
  expect(localStorage.getItem("likeness.theme")).toBeNull();
});
