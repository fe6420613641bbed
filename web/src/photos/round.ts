/** Photos that are restored one after the other: how far all of them are, and how many seconds are left. */
import { secondsLeft } from "./course";
import { currentLook } from "./look";
import type { Options } from "./options";
import { isBusy, type Photo } from "./photo";
import { grown } from "./progress";
import { sumOf } from "./steps";

export type Round = {
  /** Photo → the seconds that it is to take; their proportions count. */
  weights: ReadonlyMap<string, number>;
  /** The photos that are done, or have failed. */
  over: ReadonlySet<string>;
  /** In [0, 1]; it never falls. */
  fraction: number;
  /** Whether the weights come from what this server has said or done. */
  isMeasured: boolean;
  /** Seconds of the photos that were done: by their weights, and as they were. */
  planned: number;
  took: number;
};

/** Of an unknown server a photo takes this long, and as long again for each megapixel. */
const USUAL_S = 1;
/** What is taken for the size of a photo that the browser cannot show. */
const USUAL_MEGAPIXELS = 4;

/** The round after the photos have changed; null: none of them is waiting or at work. */
export function nextRound(
  round: Round | null,
  before: readonly Photo[],
  after: readonly Photo[],
  options: Options | null,
): Round | null {
  const busy = after.filter(isInTurn);
  if (busy.length === 0) return null;
  const known = new Map(before.map((photo) => [photo.id, photo]));
  const isNew = round === null || busy.some(({ id }) => !round.weights.has(id));
  const estimates = isNew ? estimatesOf(after, options) : null;
  const weights = new Map<string, number>();
  const over = new Set<string>();
  let [planned, took] = [round?.planned ?? 0, round?.took ?? 0];
  for (const photo of after) {
    const weight = round?.weights.get(photo.id);
    const isAtWork = isInTurn(photo);
    if (isAtWork) weights.set(photo.id, weight ?? estimates?.of(photo) ?? USUAL_S);
    if (isAtWork || weight === undefined) continue;
    const was = known.get(photo.id);
    const isDone = photo.result !== null && photo.result !== was?.result;
    if (!isDone && photo.work.phase !== "failed" && !round?.over.has(photo.id)) continue; // it was cancelled
    weights.set(photo.id, weight);
    over.add(photo.id);
    if (isDone && was && isInTurn(was)) [planned, took] = [planned + weight, took + (photo.result?.seconds ?? 0)];
  }
  const leftOf = (photos: ReadonlyMap<string, Photo>, ended: ReadonlySet<string>) => {
    return [...weights].reduce((sum, [id, weight]) => sum + (ended.has(id) ? 0 : weight * partLeft(photos.get(id))), 0);
  };
  const endedBefore = new Set([...over].filter((id) => round?.over.has(id)));
  const fraction = grown(
    round?.fraction ?? 0,
    leftOf(known, endedBefore),
    leftOf(new Map(after.map((photo) => [photo.id, photo])), over),
  );
  return { weights, over, fraction, isMeasured: (estimates ?? round)?.isMeasured ?? false, planned, took };
}

/** Which photo of how many is at work. */
export function placeIn({ weights, over }: Round): { number: number; count: number } {
  return { number: Math.min(over.size + 1, weights.size), count: weights.size };
}

/** Seconds until all photos are done; null if that is unknown. */
export function secondsOfAll(round: Round, photos: readonly Photo[], now: number): number | null {
  const { weights, over } = round;
  const pace = paceOf(round, photos);
  if (pace === null) return null;
  let seconds = 0;
  for (const photo of photos) {
    const weight = weights.get(photo.id);
    if (weight === undefined || over.has(photo.id)) continue;
    const own = photo.course && secondsLeft(photo.course, now);
    seconds += own ?? weight * pace * partLeft(photo);
  }
  return seconds;
}

/** How many times as long as its weight a photo takes: by those that were done, or by what is known of the present one. */
function paceOf({ weights, isMeasured, planned, took }: Round, photos: readonly Photo[]): number | null {
  if (planned > 0) return took / planned;
  if (isMeasured) return 1;
  const present = photos.find(({ id, course }) => course?.isMeasured && weights.has(id));
  const weight = weights.get(present?.id ?? "");
  return present?.course && weight !== undefined ? sumOf(present.course.weights) / weight : null;
}

/** Whether it waits or is at work by itself, and not as one of a set. */
function isInTurn(photo: Photo): boolean {
  return isBusy(photo) && photo.work.phase !== "batched";
}

function partLeft(photo: Photo | undefined): number {
  return 1 - (photo?.work.phase === "active" ? (photo.course?.fraction ?? 0) : 0);
}

/** The seconds that photos are to take: as the server has said, else by those that it has done or looked at. */
function estimatesOf(photos: readonly Photo[], options: Options | null) {
  const looked = (photo: Photo) => (options && currentLook(photo, options)?.facts?.estimate.seconds) ?? null;
  const known = photos.flatMap((photo) => {
    const seconds = looked(photo) ?? photo.result?.seconds ?? null;
    return seconds !== null && photo.size !== null ? [{ seconds, size: sizeOf(photo) }] : [];
  });
  const sum = (of: "seconds" | "size") => known.reduce((total, one) => total + one[of], 0);
  const rate = known.length > 0 ? sum("seconds") / sum("size") : USUAL_S;
  const isMeasured = known.length > 0 || photos.some((photo) => looked(photo) !== null);
  return { isMeasured, of: (photo: Photo) => looked(photo) ?? rate * sizeOf(photo) };
}

/** Megapixels, and one more for what any photo takes. */
function sizeOf({ size }: Photo): number {
  return 1 + (size === null ? USUAL_MEGAPIXELS : (size.width * size.height) / 1e6);
}
