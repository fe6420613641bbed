/** The sets of photos that this browser has sent and not removed yet: their numbers, and how they were asked for. */
import type { Batch, Config, JobLimits } from "@/api/types";
import { allowedOptions } from "./options";
import type { Request } from "./photo";
import type { Box } from "./places";

export type SavedSet = {
  id: string;
  /** The address of the server, as the page was built for it. */
  server: string;
  /** When the server removes it (ms since 1970, by the clock of this computer). */
  expires: number;
  request: Request;
};

/** A list of more photos than this is offered to be sent as a set. */
export const FEW = 3;

/** More are not kept in mind; the oldest go first. */
const MOST = 100;

/** What the server takes of sets; null: none, as a server of an earlier version. */
export function jobsOf(config: Config): JobLimits | null {
  return (config as Partial<Config>).jobs ?? null;
}

/** How long the server keeps a set: "24 hours". */
export function hoursOf({ retention_hours: hours }: JobLimits, locale = "en"): string {
  const [count, unit] = hours < 1 ? [Math.round(hours * 60), "minute"] : [hours, "hour"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

/**
 * The sets in a text that `textOf` has written; none where another version has written something else. Of how they were
 * asked for there is only what this server and this version of the page know.
 */
export function savedSets(text: string | null, config: Config): SavedSet[] {
  try {
    const sets: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(sets)
      ? sets.filter(isSaved).map((set) => ({ ...set, request: knownRequest(set.request, config) }))
      : [];
  } catch {
    return []; // not JSON
  }
}

/** Those that this server may still have. */
export function presentSets(sets: readonly SavedSet[], server: string, now: number): SavedSet[] {
  return sets.filter((set) => set.server === server && set.expires > now);
}

/** When the server removes a batch that it has just taken, by this computer's clock, which may be hours from the server's. */
export function expiryOf({ created_at, expires_at }: Batch, now: number): number {
  return now + Math.max(0, Date.parse(expires_at) - Date.parse(created_at));
}

/** With one more, without those that have expired. */
export function withSet(sets: readonly SavedSet[], set: SavedSet, now: number): SavedSet[] {
  return [...sets.filter(({ id, expires }) => id !== set.id && expires > now), set].slice(-MOST);
}

export function withoutSet(sets: readonly SavedSet[], id: string): SavedSet[] {
  return sets.filter((set) => set.id !== id);
}

/** A text for the browser's storage; null if there is nothing to store. */
export function textOf(sets: readonly SavedSet[]): string | null {
  return sets.length === 0 ? null : JSON.stringify(sets);
}

function isSaved(value: unknown): value is SavedSet {
  const { id, server, expires, request } = Object(value) as Partial<SavedSet>;
  const isRequest = request instanceof Object && request.options instanceof Object;
  return isId(id) && typeof server === "string" && Number.isFinite(expires) && isRequest;
}

function isBox(value: unknown): value is Box {
  return Array.isArray(value) && value.length === 4 && value.every(Number.isFinite);
}

/** Whether it can be part of an address. */
function isId(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]+$/.test(value);
}

function knownRequest({ options, overrides, boxes, requireFace }: Partial<Request>, config: Config): Request {
  const strengths = Object.entries(Object(overrides) as object).filter(([, strength]) => Number.isFinite(strength));
  return {
    options: allowedOptions(options ?? {}, config),
    overrides: Object.fromEntries(strengths),
    boxes: Array.isArray(boxes) ? boxes.filter(isBox) : [],
    requireFace: requireFace !== false,
  };
}
