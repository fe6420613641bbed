import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Job } from "@/api/types";
import { button, findButton, openWith } from "@/test/page";
import { CONFIG } from "@/test/samples";
import { json } from "@/test/server";
import { batchOf, doneJob, failedJob, jobOf } from "@/test/sets";
import { bar, change, dialog, said, serveSets, type SetsSite } from "@/test/setsPage";

const NAMES = ["a.png", "b.png", "c.png", "d.png"];

let site: SetsSite;

beforeEach(() => {
  site = serveSets();
});

const jobs = (state: (index: number) => Partial<Job> = () => ({}), id = "batch-1") =>
  NAMES.map((file_name, index) => jobOf({ id: `${id}-job-${index}`, file_name, ...state(index) }));

/** The server takes the set that was sent last. */
async function take(all = jobs(), id = "batch-1") {
  const batch = batchOf(all, id);
  site.batches.push(batch);
  await site.respond((request) => request.replies(202, JSON.stringify(batch)));
}

async function sendAll() {
  const user = await openWith(...NAMES);
  await user.click(await findButton("All 4 at once"));
  await waitFor(() => expect(site.requests).toHaveLength(1));
  return user;
}

describe("a list of photos", () => {
  it("is sent at once, and each photo is followed to its result, which is fetched when it is looked at", async () => {
    const user = await sendAll();
    expect(site.last().url).toBe("/api/v1/batches");
    expect(site.last().form.getAll("file")).toHaveLength(4);
    await site.respond((request) => request.uploads(1, 2));
    await said("Sending 4 photos");
    expect(within(bar()).getByRole("progressbar")).toHaveAttribute("aria-valuenow", "50");
    await take(jobs((index) => (index === 0 ? { state: "running", stage: "upscaling", fraction: 0.25 } : {})));
    const progress = await screen.findByRole("progressbar", { name: "Enlarging the picture" });
    expect(progress).toHaveAttribute("aria-valuenow", "49"); // of the whole work
    expect(button("a.png, working")).toBeInTheDocument();
    expect(button("b.png, waiting")).toBeInTheDocument();
    expect(JSON.parse(localStorage.getItem("likeness.sets") ?? "")).toMatchObject([{ id: "batch-1", server: "" }]);

    const [a, b, c, d] = jobs() as [Job, Job, Job, Job];
    change(site, doneJob({ ...a, state: "succeeded" }), doneJob(b), failedJob({ ...c, state: "failed" }), d);
    change(
      site,
      doneJob({ id: a.id }),
      doneJob({ id: b.id }),
      failedJob({ id: c.id }),
      jobOf({ id: d.id, state: "cancelled" }),
    );
    expect(await findButton("a.png, done")).toBeInTheDocument();
    expect(await screen.findByRole("img", { name: "a.png after" })).toBeInTheDocument();
    expect(screen.getByRole("heading", { name: "Same person: 0.92 (threshold 0.50)" })).toBeVisible();
    await said("2 of 4 photos are done, 1 failed, 1 cancelled");
    expect(button("d.png, new")).toBeInTheDocument();
    expect(site.calls.filter((call) => call.endsWith("/result"))).toEqual(["GET /api/v1/jobs/batch-1-job-0/result"]);

    await user.click(button("b.png, done"));
    expect(await screen.findByRole("img", { name: "b.png after" })).toBeInTheDocument();
    await user.click(button("c.png, failed"));
    expect(screen.getByRole("alert")).toHaveTextContent("No face was found in this photo.");
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
    await waitFor(() => expect(site.calls).toContain("POST /api/v1/jobs/batch-1-job-0/cancel"));
    await user.click(button("Remove b.png"));
    await waitFor(() => expect(site.calls).toContain("POST /api/v1/jobs/batch-1-job-1/cancel"));
  });

  it("is never asked about before the page says how far it is: the server has told that", async () => {
    await sendAll();
    const words: string[] = [];
    const watch = new MutationObserver(() => words.push(bar().textContent ?? ""));
    watch.observe(bar(), { childList: true, subtree: true, characterData: true });
    await take();
    await said("0 of 4 photos are done");
    watch.disconnect();
    expect(words.join()).not.toContain("Asking");
  });

  it("that the server has lost says so of each photo", async () => {
    await sendAll();
    await take();
    site.batches = [];
    expect(await screen.findByRole("alert")).toHaveTextContent("The server no longer has this");
    expect(button("d.png, failed")).toBeInTheDocument();
  });

  it("is followed where the clock of this computer is ahead", async () => {
    vi.setSystemTime(Date.now() + 30 * 3_600_000);
    await sendAll();
    const batch = batchOf(jobs());
    const expires_at = "2026-11-29T02:10:00Z"; // a day after it was made
    site.batches.push({ ...batch, expires_at });
    await site.respond((asked) => asked.replies(202, JSON.stringify({ ...batch, expires_at })));
    await said("0 of 4 photos are done");
  });

  it("is not stored where the browser stores nothing, which the page says", async () => {
    const user = await sendAll();
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    await take();
    await said("0 of 4 photos are done");
    await user.click(button("Show the set"));
    expect(await dialog()).toHaveTextContent("This browser cannot remember which sets it has sent");
  });
});
