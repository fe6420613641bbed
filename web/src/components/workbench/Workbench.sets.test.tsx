import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Batch, Job } from "@/api/types";
import { button, findButton, openPage, openWith, serveSite, type FakeSite } from "@/test/page";
import { CONFIG, factsOf, requestOf } from "@/test/samples";
import { json } from "@/test/server";
import { batchOf, doneJob, failedJob, jobOf, JOBS } from "@/test/sets";

const NAMES = ["a.png", "b.png", "c.png", "d.png"];

let site: FakeSite;
let batches: Batch[];
let calls: string[];

beforeEach(() => {
  site = serveSite();
  batches = [];
  calls = [];
  site.config = () => json(200, { ...CONFIG, jobs: { ...JOBS, batch_size: 4 } });
  site.api = (method, path) => {
    calls.push(`${method} ${path}`);
    if (path.endsWith("/report")) return json(200, { status: "success", data: factsOf() });
    if (/\/(result|preview)$/.test(path)) {
      return Object.assign(new Response(), { blob: async () => new Blob(["picture"], { type: "image/png" }) });
    }
    const batch = batches.find(({ id }) => path.includes(id));
    if (batch !== undefined) return json(200, batch);
    if (path.includes("/jobs/")) return json(200, {});
    return json(404, { error: "There is no such batch.", code: "unknown_job", stage: "request", request_id: "r" });
  };
});

const jobs = (state: (index: number) => Partial<Job> = () => ({}), id = "batch-1") =>
  NAMES.map((file_name, index) => jobOf({ id: `${id}-job-${index}`, file_name, ...state(index) }));

/** The server takes the set that was sent last. */
async function take(all = jobs(), id = "batch-1") {
  const batch = batchOf(all, id);
  batches.push(batch);
  await site.respond((request) => request.replies(202, JSON.stringify(batch)));
}

function change(...all: Job[]) {
  batches = [batchOf(all, "batch-1")];
}

const bar = () => screen.getByRole("region", { name: "Sets of photos" });
/** Waits until the bar says so. */
const said = (words: string) => waitFor(() => expect(bar()).toHaveTextContent(words));
const dialog = () => screen.findByRole("dialog", { name: "Sets of photos" });

async function sendAll() {
  const user = await openWith(...NAMES);
  await user.click(await findButton("All 4 at once"));
  await waitFor(() => expect(site.requests).toHaveLength(1));
  return user;
}

/** A set of an earlier visit of the page. */
function remember(id = "batch-1") {
  const set = { id, server: "", expires: Date.now() + 1e7, request: requestOf() };
  localStorage.setItem("likeness.sets", JSON.stringify([set]));
}

describe("a list of photos", () => {
  it("is sent at once, and each photo is followed to its result, which is fetched when it is looked at", async () => {
    const user = await sendAll();
    expect(site.last().url).toBe("/api/v1/batches");
    expect(site.last().form.getAll("file")).toHaveLength(4);
    await site.respond((request) => request.uploads(1, 2));
    await said("Sending 4 photos");
    expect(within(bar()).getByRole("progressbar")).toHaveAttribute("value", "0.5");
    await take(jobs((index) => (index === 0 ? { state: "running", stage: "upscaling", fraction: 0.25 } : {})));
    expect(await screen.findByRole("progressbar", { name: "Enlarging the picture" })).toHaveAttribute("value", "0.25");
    expect(button("a.png, working")).toBeInTheDocument();
    expect(button("b.png, waiting")).toBeInTheDocument();
    expect(JSON.parse(localStorage.getItem("likeness.sets") ?? "")).toMatchObject([{ id: "batch-1", server: "" }]);

    const [a, b, c, d] = jobs() as [Job, Job, Job, Job];
    change(doneJob({ ...a, state: "succeeded" }), doneJob(b), failedJob({ ...c, state: "failed" }), d);
    change(
      doneJob({ id: a.id }),
      doneJob({ id: b.id }),
      failedJob({ id: c.id }),
      jobOf({ id: d.id, state: "cancelled" }),
    );
    expect(await findButton("a.png, done")).toBeInTheDocument();
    expect(await screen.findByRole("img", { name: "a.png after" })).toBeInTheDocument();
    expect(screen.getByText("31.5 dB")).toBeVisible();
    await said("2 of 4 photos are done, 1 failed, 1 cancelled");
    expect(button("d.png, new")).toBeInTheDocument();
    expect(calls.filter((call) => call.endsWith("/result"))).toEqual(["GET /api/v1/jobs/batch-1-job-0/result"]);

    await user.click(button("b.png, done"));
    expect(await screen.findByRole("img", { name: "b.png after" })).toBeInTheDocument();
    await user.click(button("c.png, failed"));
    expect(screen.getByRole("alert")).toHaveTextContent("No face was found.");
    expect(button("Enlarge it all the same")).toBeInTheDocument();
  });

  it("is not offered as a set where the server keeps no jobs, nor with three photos", async () => {
    await openWith(...NAMES.slice(0, 3));
    expect(button("Restore all 3")).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: /at once/ })).not.toBeInTheDocument();
  });

  it("is not offered where jobs are off", async () => {
    site.config = () => json(200, CONFIG);
    await openWith(...NAMES);
    expect(button("Restore all 4")).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: /at once/ })).not.toBeInTheDocument();
  });

  it("is several sets if it is longer than one may be", async () => {
    const user = await openWith(...NAMES, "e.png");
    await user.click(await findButton("All 5 at once"));
    await waitFor(() => expect(site.requests).toHaveLength(1));
    await take();
    await waitFor(() => expect(site.requests).toHaveLength(2));
    expect(
      site
        .last()
        .form.getAll("file")
        .map((file) => (file as File).name),
    ).toEqual(["e.png"]);
    await take([jobOf({ id: "e", file_name: "e.png" })], "batch-2");
    await said("2 sets of photos are being worked on: 0 of 5 photos are done");
  });

  it("that is refused says why, and can be sent again", async () => {
    await sendAll();
    const error = { error: "100 of your jobs wait; at most 100 may.", code: "quota_exceeded", stage: "quota" };
    await site.respond((request) => request.replies(429, JSON.stringify(error), { "retry-after": "3600" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("100 of your jobs wait");
    expect(button("All 4 at once")).toBeInTheDocument();
  });

  it("that needs a key is sent as a set once the key is entered", async () => {
    const user = await sendAll();
    const error = { error: "An API key is needed.", code: "unauthorized", stage: "request" };
    await site.respond((request) => request.replies(401, JSON.stringify(error)));
    await user.type(await screen.findByLabelText("API key"), "secret");
    await user.click(button("Use it"));
    await waitFor(() => expect(site.requests).toHaveLength(2));
    expect(site.last()).toMatchObject({ url: "/api/v1/batches", sent: { "x-api-key": "secret" } });
  });

  it("is cancelled photo by photo, and no longer sent once none is left", async () => {
    const user = await sendAll();
    await user.click(button("Cancel all"));
    expect(site.last().isAborted).toBe(true);
    expect(button("a.png, new")).toBeInTheDocument();

    await user.click(button("All 4 at once"));
    await waitFor(() => expect(site.requests).toHaveLength(2));
    await user.click(button("Cancel"));
    await take();
    await waitFor(() => expect(calls).toContain("POST /api/v1/jobs/batch-1-job-0/cancel"));
    await user.click(button("Remove b.png"));
    await waitFor(() => expect(calls).toContain("POST /api/v1/jobs/batch-1-job-1/cancel"));
  });

  it("that the server has lost says so of each photo", async () => {
    await sendAll();
    await take();
    batches = [];
    expect(await screen.findByRole("alert")).toHaveTextContent("The server no longer has this");
    expect(button("d.png, failed")).toBeInTheDocument();
  });
});

describe("a set of an earlier visit", () => {
  it("is shown with its photos, which can be opened without their originals", async () => {
    remember();
    change(doneJob({ id: "x", file_name: "oma.png" }), failedJob({ id: "y", file_name: "sea.png" }));
    const user = openPage();
    await said("1 of 2 photos is done, 1 failed");
    await user.click(button("Show the set"));
    const rows = within(await dialog()).getAllByRole("listitem");
    expect(rows.map(({ textContent }) => textContent)).toEqual([
      "oma.png200 × 160 pixels, 1 faceOpenSave oma.png",
      "sea.pngNo face was found.",
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
    change(doneJob());
    const user = openPage();
    await user.click(await findButton("Show the set"));
    await user.click(button("Remove"));
    await user.click(button("Keep them"));
    await user.click(button("Remove"));
    await user.click(button("Remove them"));
    await waitFor(() => expect(screen.queryByRole("region", { name: "Sets of photos" })).not.toBeInTheDocument());
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
    expect(calls).toContain("DELETE /api/v1/batches/batch-1");
    expect(localStorage.getItem("likeness.sets")).toBeNull();
  });

  it("is cancelled, whole or photo by photo", async () => {
    remember();
    change(jobOf({ id: "x", file_name: "oma.png" }), jobOf({ id: "y", file_name: "opa.png" }));
    const user = openPage();
    await user.click(await findButton("Show the set"));
    await user.click(button("Cancel oma.png"));
    await waitFor(() => expect(calls).toContain("POST /api/v1/jobs/x/cancel"));
    await user.click(button("Cancel all"));
    await waitFor(() => expect(calls).toContain("POST /api/v1/batches/batch-1/cancel"));
  });

  it("is saved as a ZIP, as a report, and photo by photo", async () => {
    remember();
    change(doneJob({ file_name: "oma.jpg" }), failedJob({ id: "y" }));
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
      "oma-restored.png http://likeness.test/api/v1/jobs/job-1/result",
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
    change(doneJob());
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
    change(doneJob());
    await said("The photo is done");
  });

  it("whose result cannot be fetched says so, and is fetched again", async () => {
    remember();
    change(doneJob({ file_name: "oma.png" }));
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
});
