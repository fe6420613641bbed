import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useServiceWorker } from "./useServiceWorker";

const register = vi.fn<(path: string) => Promise<void>>();

function browser({ mode = "production", isSecure = true, hasWorkers = true, state = "complete" } = {}) {
  vi.stubEnv("NODE_ENV", mode);
  vi.stubGlobal("isSecureContext", isSecure);
  if (hasWorkers) Object.defineProperty(navigator, "serviceWorker", { value: { register }, configurable: true });
  vi.spyOn(document, "readyState", "get").mockReturnValue(state as DocumentReadyState);
}

beforeEach(() => {
  register.mockReset().mockResolvedValue();
});
afterEach(() => {
  vi.unstubAllEnvs();
  Reflect.deleteProperty(navigator, "serviceWorker");
});

it("registers the worker of a page that has loaded", () => {
  browser();
  renderHook(useServiceWorker);
  expect(register).toHaveBeenCalledExactlyOnceWith("/sw.js");
});

it("waits until the page has loaded", () => {
  browser({ state: "interactive" });
  renderHook(useServiceWorker);
  expect(register).not.toHaveBeenCalled();
  act(() => void window.dispatchEvent(new Event("load")));
  expect(register).toHaveBeenCalledOnce();
});

it("does not register it for a page that is gone by then", () => {
  browser({ state: "interactive" });
  renderHook(useServiceWorker).unmount();
  window.dispatchEvent(new Event("load"));
  expect(register).not.toHaveBeenCalled();
});

it.each([
  ["while the page is being developed", { mode: "development" }],
  ["without HTTPS", { isSecure: false }],
])("registers none %s", (_when, situation) => {
  browser(situation);
  renderHook(useServiceWorker);
  expect(register).not.toHaveBeenCalled();
});

it("breaks nothing in a browser without service workers", () => {
  browser({ hasWorkers: false });
  expect(() => renderHook(useServiceWorker)).not.toThrow();
});

it("breaks nothing if the browser refuses", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  browser();
  register.mockRejectedValue(new DOMException("Denied.", "SecurityError"));
  renderHook(useServiceWorker);
  await new Promise((later) => setTimeout(later));
  process.off("unhandledRejection", unhandled);
  expect(register).toHaveBeenCalledOnce();
  expect(unhandled).not.toHaveBeenCalled();
});
