import { defineConfig } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { BASE, commandOf, SERVERS } from "./e2e/servers";

/** The path of an installed Chromium, or of the browser that CHROMIUM names. Playwright's own is never downloaded. */
function chromium(): string {
  const names = process.env.CHROMIUM ? [process.env.CHROMIUM] : ["chromium", "chromium-browser", "google-chrome"];
  for (const name of names) {
    try {
      return execFileSync("/bin/sh", ["-c", 'command -v "$1"', "sh", name], { encoding: "utf8" }).trim();
    } catch {
      // not installed
    }
  }
  throw new Error(`There is no ${names.join(", no ")}: CHROMIUM names a browser.`);
}

const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "e2e",
  globalSetup: "./e2e/setup.ts",
  globalTeardown: "./e2e/teardown.ts",
  workers: 1, // the servers restore one photo at a time, and tests check what they are doing
  timeout: 60_000,
  expect: { timeout: 15_000 },
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: "list",
  use: {
    baseURL: BASE.plain,
    viewport: { width: 1280, height: 800 },
    colorScheme: "dark",
    screenshot: "only-on-failure",
    // Each test has a browser of its own, which would fetch the whole page a second time. offline.spec.ts allows them.
    serviceWorkers: "block",
    launchOptions: {
      executablePath: chromium(),
      args: [
        ...(isRoot ? ["--no-sandbox"] : []), // Chromium's sandbox does not work for root
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
      ],
    },
  },
  webServer: SERVERS.map((server) => ({
    name: server.name,
    command: commandOf(server),
    cwd: "..",
    env: server.env,
    url: `${BASE[server.name]}/api/v1/health/ready`,
    timeout: 120_000,
    reuseExistingServer: false,
    stderr: "pipe" as const,
  })),
});
