"use client";

import { useEffect } from "react";

/**
 * Registers the service worker (public/sw.js), which keeps the shell of the page for when the server cannot be reached.
 * Only once the page has loaded, so that nothing is fetched before what the person waits for.
 */
export function useServiceWorker(): void {
  useEffect(() => {
    // `next dev` has no list of files for it, and pages without HTTPS have no service workers.
    if (process.env.NODE_ENV !== "production" || !window.isSecureContext || !("serviceWorker" in navigator)) return;
    const register = () => {
      // Refused by the browser's settings, for example. Then the page needs the server, as it would without.
      navigator.serviceWorker.register("/sw.js").catch(() => undefined);
    };
    if (document.readyState === "complete") register();
    else window.addEventListener("load", register);
    return () => window.removeEventListener("load", register);
  }, []);
}
