/** Sample values of the server and of the page; each test changes what it needs. */
import type { Problem } from "@/api/problem";
import type { Config, DryRun, Face, Facts, Limits, PhotoPreview } from "@/api/types";
import { lookKey, type Look } from "@/photos/look";
import { allowedOptions, type Options } from "@/photos/options";
import { facesKey, newPhoto, type Photo, type Request, type Result } from "@/photos/photo";

export const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
export const JPEG = [0xff, 0xd8, 0xff, 0xe0];
export const WEBP = [..."RIFF\x10\0\0\0WEBPVP8 "].map((character) => character.charCodeAt(0));

export function fileOf(bytes: number[], name = "portrait.png", type = "image/png"): File {
  return new File([new Uint8Array(bytes)], name, { type });
}

export const LIMITS: Limits = {
  max_upload_mb: 10,
  max_input_megapixels: 25,
  max_output_megapixels: 100,
  deadline_s: 60,
  media_types: ["image/jpeg", "image/png", "image/webp"],
  url_fetch: false,
  upscale_factor: [1, 8],
  width: [16, 32768],
  height: [16, 32768],
  long_side: [16, 32768],
  strength: [0, 1],
  quality: [1, 100],
  identity_threshold: [-1, 1],
  denoise_strength: [0, 1],
};

export const CONFIG: Config = {
  version: "0.1.0",
  limits: LIMITS,
  lacking: [],
  jobs: null,
  denoisers: [],
  presets: {
    fast: { fields: { metrics: false, background: "resample" }, models: ["compact", "compact-x2"] },
    balanced: { fields: {}, models: [] },
    best: { fields: { self_ensemble: true }, models: [] },
  },
  defaults: {
    upscale_factor: 2,
    width: null,
    height: null,
    long_side: null,
    strength: 1,
    faces: "all",
    color_lock: true,
    color_correction: "none",
    background: "upscale",
    identity_policy: "warn",
    identity_threshold: 0.5,
    denoise_strength: 1,
    output_format: "png",
    quality: 95,
    lossless: false,
    bit_depth: "8",
    color_profile: "srgb",
    metadata: "none",
    keep_location: false,
    preset: "balanced",
    metrics: true,
    self_ensemble: false,
    require_face: true,
    face_overrides: null,
    restorer: "compact",
    upscaler: null,
  },
  choices: {
    faces: ["all", "largest", "center"],
    color_correction: ["none", "auto"],
    background: ["upscale", "resample"],
    identity_policy: ["warn", "protect"],
    output_format: ["png", "jpeg", "webp", "avif", "tiff", "same"],
    bit_depth: ["8", "16"],
    color_profile: ["srgb", "keep"],
    metadata: ["none", "keep"],
    preset: ["fast", "balanced", "best"],
    restorer: ["compact"],
    upscaler: ["compact-x2"],
  },
  identity_threshold: 0.5,
  identity_recogniser: "own-faces",
  models: { detector: "mtcnn", restorer: "compact", upscaler: "compact-x2", recogniser: "own-faces" },
};

/** The options before a person has changed any. */
export const OPTIONS = allowedOptions({}, CONFIG);

/** The config of a server of an earlier version: fewer options of the file, one kind of size, no presets. */
export const EARLIER: Config = earlier(CONFIG);

function earlier({ limits, defaults, choices, ...present }: Config): Config {
  const without = <T extends object>(table: T, ...names: string[]) =>
    Object.fromEntries(Object.entries(table).filter(([name]) => !names.includes(name))) as T;
  const others = without(present, "presets", "jobs", "lacking", "denoisers");
  const sides = ["width", "height", "long_side"];
  const ofTheFile = ["lossless", "bit_depth", "color_profile", "metadata", "keep_location"];
  const ofTheWork = ["preset", "self_ensemble", "color_lock"];
  return {
    ...others,
    limits: { ...without(limits, ...sides, "url_fetch"), upscale_factor: [1, 4] },
    defaults: without(defaults, ...sides, ...ofTheFile, ...ofTheWork),
    choices: { ...without(choices, ...ofTheFile, ...ofTheWork), output_format: ["png", "jpeg", "webp"] },
  };
}

/** The config of a server that looks at photos before they are restored, and takes boxes around faces. */
export const LOOKING: Config = { ...CONFIG, defaults: { ...CONFIG.defaults, dry_run: false, face_boxes: null } };

/** The config of a server that has presets for what a photo needs. */
export const WITH_WAYS: Config = {
  ...CONFIG,
  choices: { ...CONFIG.choices, restorer: ["compact", "portrait-face"], upscaler: ["compact-x2", "general-x4"] },
  presets: {
    ...CONFIG.presets,
    old_photo: { fields: { strength: 1, color_correction: "auto" }, models: [] },
    sharper: { fields: { strength: 0.65, identity_policy: "protect" }, models: ["portrait-face"] },
    larger: { fields: { strength: 0, require_face: false }, models: [] },
  },
};
/** The config of a server that also shows how a photo looks. */
export const PREVIEWING: Config = { ...LOOKING, defaults: { ...LOOKING.defaults, preview: false } };

/** The config while the models are loading. */
export const LOADING: Config = { ...CONFIG, models: {} };

/** The config of a server without a recogniser. */
export const WITHOUT_RECOGNISER: Config = {
  ...CONFIG,
  identity_threshold: null,
  identity_recogniser: null,
  models: { detector: "mtcnn", restorer: "compact", upscaler: "compact-x2" },
};

export function faceOf(changes: Partial<Face> = {}): Face {
  return {
    box: [10, 10, 40, 40],
    landmarks: [],
    landmarks_estimated: false,
    blur: null,
    score: 0.9,
    identity_similarity: 0.92,
    strength: 1,
    action: "restored",
    reason: null,
    ...changes,
  };
}

export function factsOf(changes: Partial<Facts> = {}): Facts {
  return {
    faces: [faceOf()],
    width: 200,
    height: 160,
    media_type: "image/png",
    metrics: { psnr: 31.5, ssim: 0.91, lpips: 0.08, identity_similarity: 0.92, reference: "input" },
    models: { detector: "mtcnn", restorer: "compact", recogniser: "own-faces" },
    processing_time_ms: 1234,
    timings_ms: { queue: 0.1, decode: 12, restoration: 900 },
    warning: null,
    warnings: [],
    ...changes,
  };
}

export function dryRunOf(changes: Partial<DryRun> = {}): DryRun {
  return {
    dry_run: true,
    faces: [faceOf()],
    width: 200,
    height: 160,
    media_type: "image/png",
    models: { detector: "mtcnn", restorer: "compact" },
    estimate: { seconds: 7.6, stages_s: { detection: 0.2, restoration: 7.4 }, memory_bytes: 214_958_080 },
    warning: null,
    warnings: [],
    preview: null,
    ...changes,
  };
}

export function previewOf(changes: Partial<PhotoPreview> = {}): PhotoPreview {
  const size = { width: 100, height: 80, photo_width: 100, photo_height: 80 };
  return { image: btoa("a small picture"), media_type: "image/jpeg", ...size, ...changes };
}

export function requestOf(changes: Partial<Request> = {}): Request {
  return { options: OPTIONS, overrides: {}, boxes: [], requireFace: true, ...changes };
}

export function lookOf(facts: Partial<DryRun> = {}, changes: Partial<Request> = {}): Look {
  const request = requestOf(changes);
  const { options, overrides, boxes } = request;
  const asked = lookKey(request);
  return { asked, faces: facesKey(options, boxes), overrides, facts: dryRunOf(facts), problem: null };
}

export function photoOf(changes: Partial<Photo> = {}, name = "portrait.jpeg"): Photo {
  const size = { width: 100, height: 80 };
  return {
    ...newPhoto({ id: "photo-1", name, source: { file: fileOf(PNG, name) }, url: "blob:photo", size, refusal: null }),
    results: changes.result ? [changes.result] : [],
    ...changes,
  };
}

export function resultOf(facts: Partial<Facts> = {}, options: Options = OPTIONS): Result {
  return {
    facts: factsOf(facts),
    blob: new Blob(["picture"]),
    url: "blob:result",
    isShown: true,
    request: requestOf({ options }),
    seconds: 2.5,
    at: Date.parse("2026-11-28T10:42:00Z"),
  };
}

export function problemOf(changes: Partial<Problem> = {}): Problem {
  return {
    message: "The server is busy.",
    code: "overloaded",
    status: 503,
    stage: null,
    requestId: null,
    retryAfter: null,
    ...changes,
  };
}
