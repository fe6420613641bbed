import { act, fireEvent, screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { button, findButton, openPage, serveSite, type FakeSite } from "@/test/page";
import { CONFIG } from "@/test/samples";
import { json } from "@/test/server";

const PHOTO = "https://example.org/photos/oma.jpg";
const FETCHING = { ...CONFIG, limits: { ...CONFIG.limits, url_fetch: true } };

let site: FakeSite;
beforeEach(() => {
  site = serveSite();
  site.config = () => json(200, FETCHING);
});

const paste = (text: string) =>
  act(async () => void fireEvent.paste(document.body, { clipboardData: { files: [], getData: () => text } }));

describe("a photo by its address", () => {
  it("is typed, sent as `url`, and its result is shown alone", async () => {
    const user = openPage();
    await user.type(await screen.findByRole("textbox", { name: "Or the address of a photo on the web" }), PHOTO);
    await user.click(button("Add"));
    expect(await findButton("oma.jpg, new")).toBeInTheDocument();
    expect(screen.getByText(/The server fetches this photo from example\.org/)).toBeVisible();
    expect(within(screen.getByRole("main")).queryByRole("img")).not.toBeInTheDocument();

    await user.click(button("Restore"));
    expect(site.last().fields).toMatchObject({ url: PHOTO, upscale_factor: "2" });
    expect(site.last().form.has("file")).toBe(false);
    await site.respond((request) => request.sendsEvent("stage", { stage: "fetch", fraction: 0.5 }));
    await site.respond((request) => request.succeeds());

    expect(await screen.findByRole("img", { name: "oma.jpg after" })).toBeVisible();
    expect(screen.getByText(/^The result alone: the server fetched the photo/)).toBeVisible();
    expect(screen.queryByRole("slider", { name: /^Line between/ })).not.toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Swap sides" })).not.toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Face 1" })).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "Download" })).toHaveAttribute("download", "oma-likeness.png");

    await user.click(button("Faces 1"));
    const pictures = within(screen.getByRole("group", { name: "Faces side by side" })).getAllByRole("img");
    expect(pictures.map((picture) => picture.getAttribute("aria-label"))).toEqual(["Face 1 after"]);
  });

  it("can be compared once it has two results", async () => {
    const user = openPage();
    await findButton("Choose photos");
    await screen.findByRole("textbox");
    await paste(PHOTO);
    for (const name of ["Restore", "Restore again"]) {
      await user.click(await findButton(name));
      await site.respond((request) => request.succeeds());
      if (name === "Restore") await user.click(screen.getByRole("radio", { name: "×4" }));
    }
    await user.selectOptions(await screen.findByRole("combobox", { name: "Left side" }), "result 1");
    expect(await screen.findByRole("slider", { name: "Line between result 1 and after" })).toBeInTheDocument();
    expect(screen.queryByText(/^The result alone/)).not.toBeInTheDocument();
  });

  it("is added beside other photos", async () => {
    const user = openPage();
    await screen.findByRole("textbox");
    await paste(PHOTO);
    await user.click(await findButton("Add a photo by its address"));
    await user.type(screen.getByRole("textbox", { name: "Address of a photo on the web" }), "example.net/opa.png");
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Add" }));
    expect(await findButton("opa.png, new")).toBeInTheDocument();
    expect(screen.getByText(/from example\.net/)).toBeVisible();
  });

  it("fails with the server's sentence", async () => {
    const user = openPage();
    await screen.findByRole("textbox");
    await paste(PHOTO);
    await user.click(await findButton("Restore"));
    const error = { error: "There is no host of the name in url.", code: "url_unreachable", stage: "fetch" };
    await site.respond((request) => request.replies(422, JSON.stringify({ ...error, request_id: "r" })));
    expect(await screen.findByRole("alert")).toHaveTextContent("There is no host of the name in url.");
    expect(screen.getByText("Step: Fetching the photo · Request r")).toBeVisible();
    expect(button("Try again")).toBeEnabled();
  });

  it("is refused with a reason by a page whose server fetches none", async () => {
    site.config = () => json(200, CONFIG);
    openPage();
    await screen.findByText(/megapixels/);
    expect(screen.queryByRole("textbox")).not.toBeInTheDocument();
    await paste("some words");
    expect(button("Choose photos")).toBeInTheDocument();
    await paste(PHOTO);
    expect(await findButton("oma.jpg, refused")).toBeInTheDocument();
    expect(screen.getByText(/^This server does not fetch photos from addresses/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Restore" })).not.toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Add a photo by its address" })).not.toBeInTheDocument();
    expect(site.requests).toEqual([]);
  });
});
