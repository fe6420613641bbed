import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  reactStrictMode: true,
  poweredByHeader: false,
  // Leaves out the tests, so that the app can be built without them.
  typescript: { tsconfigPath: "tsconfig.build.json" },
};

export default config;
