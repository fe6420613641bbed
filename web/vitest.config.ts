import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  esbuild: { jsx: "automatic" },
  test: {
    environment: "jsdom",
    pool: "vmThreads", // halves the time: each file has its own page, but jsdom is loaded once per thread
    environmentOptions: { jsdom: { url: "http://likeness.test/" } },
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    testTimeout: 20_000, // enough for a busy machine
    restoreMocks: true,
    unstubGlobals: true,
  },
});
