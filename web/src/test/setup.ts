/** Adds what the page needs from a browser and jsdom lacks. */
import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

/** The size of every element in these tests, in CSS pixels. */
export const SCREEN = { width: 800, height: 600 };

afterEach(() => {
  cleanup();
  if (typeof window === "undefined") return; // tests with `@vitest-environment node` have no page
  localStorage.clear();
  sessionStorage.clear();
});

// Test files run in parallel, sometimes on few cores.
configure({ asyncUtilTimeout: 4000 });

if (typeof window !== "undefined") installStubs();

function installStubs(): void {
  Blob.prototype.arrayBuffer = function arrayBuffer() {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result as ArrayBuffer);
      reader.onerror = () => reject(reader.error);
      reader.readAsArrayBuffer(this);
    });
  };

  let count = 0;
  URL.createObjectURL = () => `blob:http://likeness.test/${(count += 1)}`;
  URL.revokeObjectURL = () => undefined;

  window.ResizeObserver = class {
    constructor(private readonly onSize: ResizeObserverCallback) {}
    observe(target: Element) {
      this.onSize([{ target, contentRect: SCREEN } as unknown as ResizeObserverEntry], this);
    }
    unobserve() {}
    disconnect() {}
  };
  globalThis.ResizeObserver = window.ResizeObserver;

  // Everything is seen at once.
  globalThis.IntersectionObserver = class {
    constructor(private readonly onSeen: IntersectionObserverCallback) {}
    observe(target: Element) {
      this.onSeen([{ target, isIntersecting: true } as unknown as IntersectionObserverEntry], this as never);
    }
    unobserve() {}
    disconnect() {}
  } as unknown as typeof IntersectionObserver;

  window.matchMedia = (media) =>
    ({
      media,
      matches: false,
      onchange: null,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
      dispatchEvent: () => false,
    }) as unknown as MediaQueryList;

  window.CSS.registerProperty = () => undefined;

  Element.prototype.scrollIntoView = () => undefined;

  HTMLDialogElement.prototype.showModal = function showModal() {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function close() {
    this.open = false;
  };

  HTMLCanvasElement.prototype.getContext = (() => ({
    drawImage: () => undefined,
    clearRect: () => undefined,
  })) as unknown as HTMLCanvasElement["getContext"];
}
