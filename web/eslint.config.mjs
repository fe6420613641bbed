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

/** What is the same in every language. */
const SAME_EVERYWHERE = ["Likeness", "API", "·", "https://"];
/** Attributes that a person reads or hears. */
const SAID = "/^(aria-label|aria-description|aria-roledescription|aria-valuetext|title|placeholder|alt|label)$/";
const WORDS_OF_ONE_LANGUAGE = `/^(?!(${SAME_EVERYWHERE.join("|").replaceAll("/", "\\/")})$).*\\p{L}/u`;
const LITERAL = `:matches(Literal[value=${WORDS_OF_ONE_LANGUAGE}], TemplateElement[value.raw=${WORDS_OF_ONE_LANGUAGE}])`;
/** Where a literal stands itself, or as one of two: not as the key of a message. */
const PLACES = ["", " > :matches(ConditionalExpression, LogicalExpression)", " > TemplateLiteral"].map(
  (within) => `:matches(JSXAttribute[name.name=${SAID}], JSXElement, JSXFragment) > JSXExpressionContainer${within}`,
);

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
    files: ["src/{app,components}/**/*.tsx"],
    ignores: ["**/*.test.tsx"],
    // Its plugin comes with eslint-config-next.
    rules: {
      "react/jsx-no-literals": ["error", { allowedStrings: SAME_EVERYWHERE }],
      "no-restricted-syntax": [
        "error",
        ...[`JSXAttribute[name.name=${SAID}]`, ...PLACES].map((place) => ({
          selector: `${place} > ${LITERAL}`,
          message: "A text of the page is a message: useWords(), and its words in src/messages",
        })),
      ],
    },
  },
  {
    files: WITHOUT_REACT.map((folder) => `src/${folder}/**`),
    rules: { "no-restricted-imports": ["error", { patterns: [{ regex: "^(react|react-dom|next)(/|$)" }] }] },
  },
];

export default config;
