import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  reactStrictMode: true,
  poweredByHeader: false,
  // Leaves out the tests, so that the app can be built without them.
  // Messages are compiled while the app is built, so that no page needs the parser of ICU messages (9 kB as sent).
  turbopack: {
    rules: { "*/src/messages/*.json": { loaders: ["./compiledMessages.mjs"], as: "*.js" } },
    resolveAlias: { "use-intl/format-message": "use-intl/format-message/format-only" },
  },
  typescript: { tsconfigPath: "tsconfig.build.json" },
};

export default config;
