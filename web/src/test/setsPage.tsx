/** The page with a fake server that takes sets of photos. */
import { screen, waitFor } from "@testing-library/react";
import { expect } from "vitest";
import type { Batch, Job } from "@/api/types";
import { serveSite, type FakeSite } from "./page";
import { CONFIG, factsOf, requestOf } from "./samples";
import { json } from "./server";
import { batchOf, JOBS } from "./sets";

export type SetsSite = FakeSite & {
  /** The sets that the server has. */
  batches: Batch[];
  /** What the page has asked about sets and jobs, as `GET /api/v1/…`. */
  calls: string[];
};

export function serveSets(): SetsSite {
  const site: SetsSite = Object.assign(serveSite(), { batches: [], calls: [] });
  site.config = () => json(200, { ...CONFIG, jobs: { ...JOBS, batch_size: 4 } });
  site.api = (method, path) => {
    site.calls.push(`${method} ${path}`);
    if (path.endsWith("/report")) return json(200, { status: "success", data: factsOf() });
    if (/\/(result|preview)$/.test(path)) {
      return Object.assign(new Response(), { blob: async () => new Blob(["picture"], { type: "image/png" }) });
    }
    const batch = site.batches.find(({ id }) => path.includes(id));
    if (batch !== undefined) return json(200, batch);
    if (path.includes("/jobs/")) return json(200, {});
    return json(404, { error: "There is no such batch.", code: "unknown_job", stage: "request", request_id: "r" });
  };
  return site;
}

/** The jobs of the only set are these now. */
export function change(site: SetsSite, ...all: Job[]): void {
  site.batches = [batchOf(all, "batch-1")];
}

export const bar = () => screen.getByRole("region", { name: "Sets of photos" });
/** Waits until the bar says so. */
export const said = (words: string) => waitFor(() => expect(bar()).toHaveTextContent(words));
export const dialog = () => screen.findByRole("dialog", { name: "Sets of photos" });

/** A set of an earlier visit of the page. */
export function remember(request: object = requestOf()): void {
  const set = { id: "batch-1", server: "", expires: Date.now() + 1e7, request };
  localStorage.setItem("likeness.sets", JSON.stringify([set]));
}
