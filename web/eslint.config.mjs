import coreWebVitals from "eslint-config-next/core-web-vitals";
import typescript from "eslint-config-next/typescript";

const config = [
  { ignores: [".next/", "out/", "src/api/schema.d.ts", "test-results/", "playwright-report/"] },
  ...coreWebVitals,
  ...typescript,
  {
    rules: {
      // The pictures are blobs that this page holds, and the export has no server that could resize any.
      "@next/next/no-img-element": "off",
      eqeqeq: "error",
      "no-console": "error",
    },
  },
];

export default config;
