import { screen } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { button, findButton, openPage, openWith, serveSite, type FakeSite } from "@/test/page";
import { CONFIG, fileOf, LOADING, PNG } from "@/test/samples";
import { json } from "@/test/server";

let site: FakeSite;
beforeEach(() => {
  site = serveSite();
});

describe("options", () => {
  it("are sent and saved", async () => {
    const user = await openWith("oma.png");
    await user.click(screen.getByRole("radio", { name: "×4" }));
    await user.click(screen.getByRole("radio", { name: "WebP" }));
    await user.click(button("Restore"));
    expect(site.last().fields).toMatchObject({ upscale_factor: "4", output_format: "webp", quality: "95" });
    expect(JSON.parse(localStorage.getItem("likeness.options") ?? "")).toMatchObject({
      upscale_factor: 4,
      output_format: "webp",
    });
  });

  it("are sent with one size, and without what the format does not have", async () => {
    const user = await openWith("oma.png");
    await user.click(screen.getByRole("checkbox", { name: "16 bits per colour" }));
    await user.click(screen.getByRole("radio", { name: "AVIF" }));
    await user.click(screen.getByRole("radio", { name: "In pixels" }));
    await user.clear(screen.getByRole("textbox", { name: "Long side in pixels" }));
    await user.type(screen.getByRole("textbox", { name: "Long side in pixels" }), "640");
    await user.click(screen.getByRole("checkbox", { name: "Keep camera data" }));
    await user.click(button("Restore"));
    expect(site.last().fields).toEqual({
      long_side: "640",
      strength: "1",
      faces: "all",
      identity_policy: "warn",
      color_correction: "none",
      output_format: "avif",
      quality: "95",
      metadata: "keep",
      require_face: "true",
    });
  });

  it("are sent with the preset, and without what it sets", async () => {
    const user = await openWith("oma.png");
    await user.click(screen.getByRole("radio", { name: "Fast" }));
    await user.click(button("Restore"));
    expect(site.last().fields).toEqual({
      preset: "fast",
      upscale_factor: "2",
      strength: "1",
      faces: "all",
      identity_policy: "warn",
      color_correction: "none",
      output_format: "png",
      require_face: "true",
    });
    await site.respond((request) => request.succeeds({ metrics: null }));
    expect(await screen.findByText("No figures: “Fast” leaves them out to save time.")).toBeInTheDocument();
    expect(screen.queryByText("PSNR")).not.toBeInTheDocument();
    expect(JSON.parse(localStorage.getItem("likeness.options") ?? "")).toMatchObject({ preset: "fast" });
  });

  it("leave a result that the browser cannot show to be downloaded", async () => {
    const user = await openWith("oma.png");
    await user.click(screen.getByRole("radio", { name: "TIFF" }));
    await user.click(button("Restore"));
    site.pictures(null);
    const restored_image = btoa("II*\0\b\0\0\0");
    await site.respond((request) => request.succeeds({ media_type: "image/tiff" }, restored_image));
    expect(await screen.findByRole("link", { name: "Download" })).toHaveAttribute("download", "oma-likeness.tif");
    expect(await screen.findByText(/cannot show its format/)).toBeInTheDocument();
    expect(button("oma.png, done")).toBeInTheDocument();
  });

  it("start as saved, as far as this server offers them", async () => {
    localStorage.setItem(
      "likeness.options",
      JSON.stringify({ upscale_factor: 4, faces: "largest", identity_policy: "protect" }),
    );
    site.config = () => json(200, { ...CONFIG, limits: { ...CONFIG.limits, upscale_factor: [1, 2] } });
    await openWith("oma.png");
    expect(screen.getByRole("radio", { name: "The largest" })).toBeChecked();
    expect(screen.getByRole("radio", { name: "×2" })).toBeChecked();
    expect(screen.getByRole("checkbox", { name: /Keep the likeness/ })).toBeChecked();
  });

  it("are kept while the server is loading its models", async () => {
    localStorage.setItem("likeness.options", JSON.stringify({ faces: "largest", identity_policy: "protect" }));
    site.config = () => json(200, LOADING);
    const user = await openWith("opa.png");
    await screen.findByText(/loading its models/);
    await user.click(screen.getByRole("radio", { name: "×4" }));
    await user.click(button("Remove opa.png"));
    site.config = () => json(200, CONFIG);
    site.sample = () => new Response(null, { status: 500 });
    await user.click(button("Try it with this photo")); // it fails, and the page fetches the config again
    await vi.waitFor(() => expect(screen.queryByText(/loading its models/)).not.toBeInTheDocument());
    await user.upload(screen.getByLabelText("Photos to add"), fileOf(PNG, "oma.png"));
    await findButton("oma.png, new");
    expect(screen.getByRole("checkbox", { name: /Keep the likeness/ })).toBeChecked();
    expect(screen.getByRole("radio", { name: "×4" })).toBeChecked();
  });
});

describe("the server", () => {
  it("may be starting; files chosen meanwhile are added later", async () => {
    site.config = () => json(503, { error: "The server is starting.", code: "starting" });
    const user = openPage();
    expect(await screen.findByText("The server is starting.")).toBeVisible();
    await user.upload(screen.getByLabelText("Photos to add"), fileOf(PNG, "early.png"));
    site.config = () => json(200, CONFIG);
    await user.click(button("Try again"));
    expect(await findButton("early.png, new")).toBeInTheDocument();
    expect(screen.queryByText("The server is starting.")).not.toBeInTheDocument();
  });

  it("may be loading its models", async () => {
    site.config = () => json(200, LOADING);
    openPage();
    expect(await screen.findByText(/loading its models/)).toBeVisible();
  });
});
