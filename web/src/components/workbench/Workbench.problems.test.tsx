import { screen } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { button, openWith, serveSite, type FakeSite } from "@/test/page";
import { type FakeRequest } from "@/test/server";

let site: FakeSite;
beforeEach(() => {
  site = serveSite();
});

describe("a problem", () => {
  it("is shown, and the photo can be sent again", async () => {
    const user = await openWith("oma.png");
    await user.click(button("Restore"));
    await site.respond((request) => request.replies(500, "<h1>Oh no</h1>", { "content-type": "text/html" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("The server answered 500");
    await user.click(button("Try again"));
    expect((site.last().form.get("file") as File).name).toBe("oma.png");
    await site.respond((request) => request.succeeds());
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
  });

  it("may be a missing key, which is then entered, sent and stored for the session", async () => {
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

  it("may be a busy server, to which the photo is sent again", async () => {
    const user = await openWith("oma.png");
    await user.click(button("Restore"));
    await site.respond((request) =>
      request.replies(503, JSON.stringify({ error: "Busy.", code: "overloaded" }), { "retry-after": "1" }),
    );
    expect(await screen.findByText(/Trying again/)).toBeVisible();
    await vi.waitFor(() => expect(site.requests).toHaveLength(2), { timeout: 3000 });
  });

  it("does not follow Cancel, which closes the connection", async () => {
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
    ["a picture that cannot be decoded", (request) => request.succeeds({ restored_image: "***" } as object)],
    ["a broken connection", (request) => request.disconnects()],
  ])("may be %s, after which the photo can be restored", async (_what, happens) => {
    const user = await openWith("oma.png");
    await user.click(button("Restore"));
    await site.respond(happens);
    expect(await screen.findByRole("alert")).toBeInTheDocument();
    await user.click(button("Try again"));
    await site.respond((request) => request.succeeds());
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
  });
});

describe("an answer with unexpected values", () => {
  it.each<[string, object]>([
    ["faces without fields", { faces: [{}] }],
    ["a warning that is null", { warnings: [null] }],
  ])("breaks only the part that shows them: %s", async (_what, odd) => {
    vi.spyOn(console, "error").mockImplementation(() => undefined); // React logs the errors that a boundary catches
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
