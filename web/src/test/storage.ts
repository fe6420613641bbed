/** The browser's database and locks for tests: those of one computer, which all tabs of a test share. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { vi } from "vitest";

/** Gives the test a new, empty database. */
export function serveDatabase(): void {
  vi.stubGlobal("indexedDB", new IDBFactory());
}

/** Texts of `sessionStorage`, which each tab has for itself: `tab.clear()` makes the next page one of a new tab. */
export function serveTab(): Map<string, string> {
  const texts = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => texts.get(name) ?? null,
    setItem: (name: string, text: string) => void texts.set(name, text),
  });
  return texts;
}

type Waiting = { name: string; grant: () => void };

/** Web Locks, as far as the page uses them. */
export function serveLocks(): void {
  const held = new Set<string>();
  const waiting: Waiting[] = [];
  const run = async (name: string, work: (lock: unknown) => unknown) => {
    held.add(name);
    try {
      await work({ name });
    } finally {
      held.delete(name);
      const next = waiting.findIndex((one) => one.name === name);
      if (next >= 0) waiting.splice(next, 1)[0]?.grant();
    }
  };
  const request = (
    name: string,
    { ifAvailable = false, signal }: { ifAvailable?: boolean; signal?: AbortSignal },
    work: (lock: unknown) => unknown,
  ) => {
    if (!held.has(name)) return run(name, work);
    if (ifAvailable) return Promise.resolve(work(null));
    return new Promise((resolve, reject) => {
      const one = { name, grant: () => resolve(run(name, work)) };
      waiting.push(one);
      signal?.addEventListener("abort", () => {
        if (!waiting.includes(one)) return;
        waiting.splice(waiting.indexOf(one), 1);
        reject(signal.reason);
      });
    });
  };
  vi.stubGlobal("navigator", { locks: { request } });
}
