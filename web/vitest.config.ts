import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  esbuild: { jsx: "automatic" },
  test: {
    environment: "jsdom",
    pool: "vmThreads", // half the time: each file has a page of its own without loading jsdom anew
    environmentOptions: { jsdom: { url: "http://likeness.test/" } },
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    testTimeout: 20_000, // on a machine that has other things to do
    restoreMocks: true,
    unstubGlobals: true,
  },
});
