import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  reactStrictMode: true,
  poweredByHeader: false,
  // Without the tests: who builds the app need not have them.
  typescript: { tsconfigPath: "tsconfig.build.json" },
};

export default config;
