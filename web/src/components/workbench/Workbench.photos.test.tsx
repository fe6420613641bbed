import { screen } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { button, findButton, openWith, serveSite, type FakeSite } from "@/test/page";
import { fileOf, PNG } from "@/test/samples";

let site: FakeSite;
beforeEach(() => {
  site = serveSite();
});

describe("several photos", () => {
  it("are added without the refused one, whose reason is shown", async () => {
    const user = await openWith("oma.png");
    const text = new File(["no photo"], "notes.png", { type: "image/png" });
    await user.upload(screen.getByLabelText("Photos to add"), [fileOf(PNG, "opa.png"), text]);
    expect(await screen.findByRole("alert")).toHaveTextContent("notes.png: This is a file of another kind");
    expect(await screen.findByRole("img", { name: "opa.png, as it is now" })).toBeInTheDocument();
    await user.click(button("Close"));
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("can be cancelled together", async () => {
    const user = await openWith("oma.png", "opa.png");
    await user.click(button("Restore all 2"));
    await user.click(button("Cancel all"));
    expect(site.last().isAborted).toBe(true);
    expect(button("oma.png, new")).toBeInTheDocument();
    expect(button("opa.png, new")).toBeInTheDocument();
  });

  it("can be downloaded together", async () => {
    const user = await openWith("oma.png", "opa.png");
    await user.click(button("Restore all 2"));
    await site.respond((request) => request.succeeds());
    await site.respond((request) => request.succeeds());
    expect(await findButton("Download all as ZIP")).toBeEnabled();
    expect(screen.getByText(/^ZIP of 2 pictures, /)).toBeVisible();
  });

  it("are all sent again with the key that was entered once", async () => {
    const user = await openWith("oma.png", "opa.png");
    await user.click(button("Restore all 2"));
    for (let count = 0; count < 2; count += 1) {
      await site.respond((request) =>
        request.replies(401, JSON.stringify({ error: "A key is needed.", code: "unauthorized" })),
      );
    }
    await user.type(screen.getByLabelText("API key"), "wröng");
    await user.click(button("Use it"));
    expect(screen.getByText(/A key has only letters/)).toBeInTheDocument();
    await user.clear(screen.getByLabelText("API key"));
    await user.type(screen.getByLabelText("API key"), "right");
    await user.click(button("Use it"));
    await site.respond((request) => request.succeeds());
    await site.respond((request) => request.succeeds());
    expect(button("oma.png, done")).toBeInTheDocument();
    expect(button("opa.png, done")).toBeInTheDocument();
  });

  it("are restored one after the other", async () => {
    const user = await openWith("a.png", "b.png");
    await user.click(button("Restore all 2"));
    expect(button("a.png, working")).toBeInTheDocument();
    expect(button("b.png, waiting")).toBeInTheDocument();
    expect(site.requests).toHaveLength(1);
    await site.respond((request) => request.succeeds());
    expect(button("a.png, done")).toBeInTheDocument();
    expect(site.requests).toHaveLength(2);
  });

  it("can be removed one by one, which stops their work", async () => {
    const user = await openWith("a.png", "b.png");
    await user.click(button("Restore"));
    await user.click(button("Remove a.png"));
    expect(site.last().isAborted).toBe(true);
    expect(screen.getByRole("img", { name: "b.png, as it is now" })).toBeInTheDocument();
    expect(button("Restore")).toBeEnabled();
  });

  it("release their object URLs when they are removed", async () => {
    const [held, released]: [string[], string[]] = [[], []];
    const create = URL.createObjectURL;
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      held.push(create(blob));
      return held.at(-1) ?? "";
    });
    vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => void released.push(url));
    const user = await openWith("a.png");
    await user.click(button("Restore"));
    await site.respond((request) => request.succeeds());
    await user.click(screen.getByRole("radio", { name: "×4" }));
    await user.click(button("Restore again"));
    await site.respond((request) => request.succeeds());
    expect(released).toEqual([]);
    await user.click(button("Remove a.png"));
    expect(held).toHaveLength(3); // the photo and both results
    expect(released.sort()).toEqual(held.sort());
  });
});
