import { screen } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { button, openWith, serveSite, type FakeSite } from "@/test/page";
import { type FakeRequest } from "@/test/server";

let site: FakeSite;
beforeEach(() => {
  site = serveSite();
});

describe("what goes wrong", () => {
  it("is told, and tried again without choosing again", async () => {
    const user = await openWith("oma.png");
    await user.click(button("Restore"));
    await site.respond((request) => request.replies(500, "<h1>Oh no</h1>", { "content-type": "text/html" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("The server answered 500");
    await user.click(button("Try again"));
    expect((site.last().form.get("file") as File).name).toBe("oma.png");
    await site.respond((request) => request.succeeds());
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
  });

  it("is a missing key, which is asked for, sent and kept for this session", async () => {
    const user = await openWith("oma.png");
    await user.click(button("Restore"));
    await site.respond((request) =>
      request.replies(401, JSON.stringify({ error: "A key is needed.", code: "unauthorized" })),
    );
    await user.type(await screen.findByLabelText("API key"), "secret{Enter}");
    await vi.waitFor(() => expect(site.requests).toHaveLength(2));
    expect(site.last().sent["x-api-key"]).toBe("secret");
    expect(sessionStorage.getItem("likeness.key")).toBe("secret");
    expect(localStorage.getItem("likeness.key")).toBeNull();
    await site.respond((request) => request.succeeds());
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
  });

  it("is a busy server, which is asked again", async () => {
    const user = await openWith("oma.png");
    await user.click(button("Restore"));
    await site.respond((request) =>
      request.replies(503, JSON.stringify({ error: "Busy.", code: "overloaded" }), { "retry-after": "1" }),
    );
    expect(await screen.findByText(/Trying again/)).toBeVisible();
    await vi.waitFor(() => expect(site.requests).toHaveLength(2), { timeout: 3000 });
  });

  it("can be called off, at which the connection is closed", async () => {
    const user = await openWith("oma.png");
    await user.click(button("Restore"));
    await user.click(button("Cancel"));
    expect(site.last().isAborted).toBe(true);
    expect(button("Restore")).toBeEnabled();
  });

  it.each<[string, (request: FakeRequest) => void]>([
    [
      "an answer of another version",
      (request) => request.replies(200, JSON.stringify({ data: { restored_image: "", faces: [] } })),
    ],
    ["a picture that is none", (request) => request.succeeds({ restored_image: "***" } as object)],
    ["a broken connection", (request) => request.disconnects()],
  ])("is %s, after which the page goes on", async (_what, happens) => {
    const user = await openWith("oma.png");
    await user.click(button("Restore"));
    await site.respond(happens);
    expect(await screen.findByRole("alert")).toBeInTheDocument();
    await user.click(button("Try again"));
    await site.respond((request) => request.succeeds());
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
  });
});

describe("an answer that nobody foresaw", () => {
  it.each<[string, object]>([
    ["faces without anything", { faces: [{}] }],
    ["a figure that is no number", { metrics: { psnr: "31" } }],
    ["a warning that is none", { warnings: [null] }],
    ["a step without a time", { timings_ms: { decode: null } }],
  ])("costs what it tells, and nothing else: %s", async (_what, odd) => {
    vi.spyOn(console, "error").mockImplementation(() => undefined); // React tells what a boundary held up
    const user = await openWith("oma.png");
    await user.click(button("Restore"));
    await site.respond((request) => request.succeeds(odd));
    expect((await screen.findAllByRole("alert"))[0]).toHaveTextContent("cannot be shown");
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
    await user.click(screen.getByRole("radio", { name: "×4" }));
    await user.click(button("Restore again"));
    await site.respond((request) => request.succeeds());
    expect(screen.queryByText(/cannot be shown/)).not.toBeInTheDocument();
    expect(screen.getByRole("heading", { name: "One face" })).toBeInTheDocument();
  });
});
