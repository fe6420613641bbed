/** The steps of a photo from the click to the picture, and the seconds that each is to take. */

/** Step → seconds. */
export type Seconds = Readonly<Record<string, number>>;

/** In their order. Those between upload and download are the server's; it may wait for its device twice. */
const ORDER = [
  "upload",
  "queue",
  "fetch",
  "decode",
  "reference",
  "color",
  "detection",
  "alignment",
  "restoration",
  "identity",
  "upscaling",
  "blending",
  "identity again",
  "metrics",
  "encode",
  "answer",
  "download",
];

/** Seconds that the server typically works, in proportion; for a server that does not say what its stages take. */
const TYPICAL: Seconds = {
  decode: 0.2,
  detection: 0.5,
  alignment: 0.1,
  restoration: 3,
  identity: 0.4,
  upscaling: 4,
  blending: 0.3,
  metrics: 1.2,
  encode: 0.4,
  answer: 0.1,
};

/** Bytes a second of a connection that was not measured yet, and how much larger than its photo a result is. */
const SPEED = 2e6;
const LARGER = 3;

export function isOfServer(step: string): boolean {
  return step !== "upload" && step !== "queue" && step !== "download";
}

/** The steps before this one; none if it is not known. */
export function stepsBefore(step: string): string[] {
  return ORDER.slice(0, Math.max(0, ORDER.indexOf(step)));
}

/**
 * The server's stages as steps. It compares the faces before they are put back and again afterwards, under one name;
 * `stages` null: it has not said what they take.
 */
export function stepsOfStages(stages: Seconds | null): Seconds {
  const known = Object.entries(stages ?? TYPICAL).filter(([, seconds]) => Number.isFinite(seconds) && seconds >= 0);
  const { identity, ...others } = Object.fromEntries(known);
  return identity === undefined ? others : { ...others, identity: identity / 2, "identity again": identity / 2 };
}

/** The step that a stage is, after others. */
export function stepOf(stage: string, isAfter: (step: string) => boolean): string {
  return stage === "identity" && isAfter("blending") ? "identity again" : stage;
}

/** What the ways to the server and back take, until they are measured. */
export function ways(bytes: number, bytesPerSecond = SPEED): { upload: number; download: number } {
  return { upload: bytes / bytesPerSecond, download: (bytes * LARGER) / bytesPerSecond };
}

export function sumOf(seconds: Seconds): number {
  return Object.values(seconds).reduce((sum, each) => sum + each, 0);
}
