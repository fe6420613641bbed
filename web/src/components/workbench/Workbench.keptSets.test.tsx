import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { button, findButton, openPage } from "@/test/page";
import { requestOf } from "@/test/samples";
import { json } from "@/test/server";
import { doneJob, failedJob, jobOf } from "@/test/sets";
import { change, dialog, remember, said, serveSets, type SetsSite } from "@/test/setsPage";

let site: SetsSite;

beforeEach(() => {
  site = serveSets();
});

describe("a set of an earlier visit", () => {
  it("is shown with its photos, which can be opened without their originals", async () => {
    remember();
    change(site, doneJob({ id: "x", file_name: "oma.png" }), failedJob({ id: "y", file_name: "sea.png" }));
    const user = openPage();
    await said("1 of 2 photos is done, 1 failed");
    await user.click(button("Show the set"));
    const rows = within(await dialog()).getAllByRole("listitem");
    expect(rows.map(({ textContent }) => textContent)).toEqual([
      "oma.png200 × 160 pixels, 1 faceOpenSave oma.png",
      "sea.pngNo face was found in this photo. If there is one, mark it with a box.",
    ]);
    await user.click(button("Open oma.png"));
    expect(await screen.findByRole("img", { name: "oma.png after" })).toBeInTheDocument();
    expect(screen.getByText(/^The result alone: this page no longer has the photo/)).toBeVisible();
    expect(screen.queryByRole("button", { name: /^Restore/ })).not.toBeInTheDocument();
    await user.click(button("Show the set"));
    await user.click(button("Open oma.png"));
    expect(within(screen.getByRole("navigation", { name: "Photos" })).getAllByRole("listitem")).toHaveLength(1);
  });

  it("is removed from the server after a question", async () => {
    remember();
    change(site, doneJob());
    const user = openPage();
    await user.click(await findButton("Show the set"));
    await user.click(button("Remove"));
    await user.click(button("Keep them"));
    await user.click(button("Remove"));
    await user.click(button("Remove them"));
    await waitFor(() => expect(screen.queryByRole("region", { name: "Sets of photos" })).not.toBeInTheDocument());
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
    expect(site.calls).toContain("DELETE /api/v1/batches/batch-1");
    expect(localStorage.getItem("likeness.sets")).toBeNull();
  });

  it("is cancelled, whole or photo by photo", async () => {
    remember();
    change(site, jobOf({ id: "x", file_name: "oma.png" }), jobOf({ id: "y", file_name: "opa.png" }));
    const user = openPage();
    await user.click(await findButton("Show the set"));
    await user.click(button("Cancel oma.png"));
    await waitFor(() => expect(site.calls).toContain("POST /api/v1/jobs/x/cancel"));
    await user.click(button("Cancel all"));
    await waitFor(() => expect(site.calls).toContain("POST /api/v1/batches/batch-1/cancel"));
  });

  it("is saved as a ZIP, as a report, and photo by photo", async () => {
    remember();
    change(site, doneJob({ file_name: "oma.jpg" }), failedJob({ id: "y" }));
    const saved: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function click(this: HTMLAnchorElement) {
      saved.push(`${this.download} ${this.href.replace(/^blob:.*/, "blob")}`);
    });
    const user = openPage();
    await user.click(await findButton("Show the set"));
    await user.click(button("ZIP"));
    await user.click(button("Report as CSV"));
    await waitFor(() => expect(button("Report as CSV")).toBeEnabled());
    await user.click(button("Save oma.jpg"));
    expect(saved).toEqual([
      "photos-2026-11-28-0210.zip http://likeness.test/api/v1/batches/batch-1/results.zip",
      "photos-2026-11-28-0210.csv blob",
      "oma-likeness.png http://likeness.test/api/v1/jobs/job-1/result",
    ]);
  });

  it("that the server no longer has is forgotten when the person wants it", async () => {
    remember();
    const user = openPage();
    await said("The server no longer has this");
    await user.click(button("Show the set"));
    await user.click(button("Forget this set"));
    expect(localStorage.getItem("likeness.sets")).toBeNull();
  });

  it("needs the key that it was sent with", async () => {
    remember();
    const answer = site.api;
    let isLocked = true;
    site.api = (method, path) =>
      isLocked ? json(401, { error: "A key is needed.", code: "unauthorized" }) : answer(method, path);
    change(site, doneJob());
    const user = openPage();
    await said("Your sets of photos need an API key");
    await user.click(button("Show the set"));
    isLocked = false;
    await user.type(screen.getByLabelText("API key"), "secret");
    await user.click(button("Use it"));
    expect(await within(await dialog()).findByText("200 × 160 pixels, 1 face")).toBeVisible();
  });

  it("that cannot be asked about is asked about again", async () => {
    remember();
    const answer = site.api;
    site.api = () => Promise.reject(new TypeError("Failed to fetch"));
    openPage();
    await said("The server cannot be reached");
    site.api = answer;
    change(site, doneJob());
    await said("The photo is done");
  });

  it("whose result cannot be fetched says so, and is fetched again", async () => {
    remember();
    change(site, doneJob({ file_name: "oma.png" }));
    const answer = site.api;
    const broken = { error: "The store does not answer.", code: "store_unavailable", stage: "request" };
    site.api = (method, path) => (path.endsWith("/report") ? json(503, broken) : answer(method, path));
    const user = openPage();
    await user.click(await findButton("Show the set"));
    await user.click(button("Open oma.png"));
    expect(await screen.findByRole("alert")).toHaveTextContent("The store does not answer.");
    site.api = answer;
    await user.click(button("Try again"));
    expect(await screen.findByRole("img", { name: "oma.png after" })).toBeInTheDocument();
  });

  it.each([
    ["no options", { options: {}, boxes: [] }],
    ["a choice that is none", { ...requestOf(), options: { ...requestOf().options, output_format: 3, quality: {} } }],
    ["overrides that are none", { ...requestOf(), overrides: "none" }],
    ["boxes that are none", { ...requestOf(), boxes: [null, 1] }],
  ])("that another version has saved with %s can be opened", async (_, request) => {
    remember(request);
    change(site, doneJob({ file_name: "oma.png" }));
    const user = openPage();
    await user.click(await findButton("Show the set"));
    await user.click(button("Open oma.png"));
    expect(await screen.findByRole("img", { name: "oma.png after" })).toBeInTheDocument();
    expect(screen.queryByText(/could not be shown/)).not.toBeInTheDocument();
  });
});
