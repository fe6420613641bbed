import { defineConfig } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { BASE, commandOf, SERVERS } from "./e2e/servers";

/** Debian's browser, or whichever is named: none is ever downloaded. */
function chromium(): string {
  const names = process.env.CHROMIUM ? [process.env.CHROMIUM] : ["chromium", "chromium-browser", "google-chrome"];
  for (const name of names) {
    try {
      return execFileSync("/bin/sh", ["-c", 'command -v "$1"', "sh", name], { encoding: "utf8" }).trim();
    } catch {
      // not this one
    }
  }
  throw new Error(`There is no ${names.join(", no ")}: CHROMIUM names a browser.`);
}

const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "e2e",
  globalSetup: "./e2e/setup.ts",
  globalTeardown: "./e2e/teardown.ts",
  workers: 1, // the servers do one photo at a time, and tests look at what they are doing
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
    launchOptions: {
      executablePath: chromium(),
      args: [
        ...(isRoot ? ["--no-sandbox"] : []), // which Chromium refuses to root
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
