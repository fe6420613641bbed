import coreWebVitals from "eslint-config-next/core-web-vitals";
import typescript from "eslint-config-next/typescript";
import boundaries from "eslint-plugin-boundaries";

// Each folder of src, and the other folders that it may import.
const BASE = ["api", "photos", "view", "hooks"];
/** Every folder may import these: what the page says. */
const WORDS = ["words", "messages"];
const COMPONENTS = ["viewer", "panel", "strip", "notes"];
const LAYERS = {
  messages: [],
  words: ["hooks"],
  api: [],
  view: [],
  photos: ["api"],
  storage: ["api", "photos"],
  hooks: ["api", "photos", "view", "storage"],
  ui: [],
  ...Object.fromEntries(COMPONENTS.map((folder) => [folder, [...BASE, "ui"]])),
  sets: [...BASE, "ui", "notes"],
  lasting: [...BASE, "ui", "storage"],
  workbench: [...BASE, "ui", "sets", "lasting", ...COMPONENTS],
  app: ["workbench", "ui"],
  test: ["api", "photos", "view", "storage", "workbench", "viewer", "panel"],
};
/** Folders without user interface. */
const WITHOUT_REACT = ["api", "photos", "view", "storage"];

const pathOf = (folder) =>
  ["ui", "sets", "lasting", "workbench", ...COMPONENTS].includes(folder) ? `components/${folder}` : folder;

const config = [
  { ignores: [".next/", "out/", "src/api/schema.d.ts", "test-results/", "playwright-report/"] },
  ...coreWebVitals,
  ...typescript,
  {
    rules: {
      // The pictures are blobs in the page, and a static export has no server that could resize them.
      "@next/next/no-img-element": "off",
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { boundaries },
    settings: {
      "boundaries/elements": Object.keys(LAYERS).map((type) => ({ type, pattern: `src/${pathOf(type)}` })),
      "boundaries/files": [{ category: "test", pattern: "**/*.test.*" }],
    },
    rules: {
      "boundaries/no-unknown-files": "error",
      "boundaries/dependencies": [
        "error",
        {
          default: "disallow",
          checkInternals: true,
          policies: [
            { from: { file: { categories: "test" } }, allow: { to: { element: { type: "*" } } } },
            ...Object.entries(LAYERS).map(([type, others]) => ({
              from: { element: { type } },
              allow: { to: { element: { types: { anyOf: [type, ...WORDS, ...others] } } } },
            })),
            { disallow: { to: { file: { categories: "test" } } } },
          ],
        },
      ],
    },
  },
  {
    files: WITHOUT_REACT.map((folder) => `src/${folder}/**`),
    rules: { "no-restricted-imports": ["error", { patterns: [{ regex: "^(react|react-dom|next)(/|$)" }] }] },
  },
];

export default config;
