/** The versions of a photo that can be compared, two at a time. */
import type { Photo, Result } from "./photo";

/** The photo itself, the result before the last one, and the last one. */
export type Version = "before" | "earlier" | "after";

/** What is shown on the left and on the right; two different versions. */
export type Sides = readonly [left: Version, right: Version];

/** `url` is null if the browser cannot show the picture; `absence`: why this page does not have it, if it does not. */
export type Picture = { version: Version; url: string | null; words: string; absence?: string };

export type Pictures = { before: Picture; earlier: Picture | null; after: Picture };

export const BEFORE_AND_AFTER: Sides = ["before", "after"];

/** Oldest first. */
const VERSIONS: readonly Version[] = ["before", "earlier", "after"];

/** What is said in the place of a picture that the browser cannot show. */
export const UNSHOWN: Record<Version, string> = {
  before: "Your browser cannot show this photo as it was.",
  earlier: "Your browser cannot show this result.",
  after: "The result is done, but your browser cannot show its format. Download it to see it.",
};

const FETCHED = "The result alone: the server fetched the photo, and this page does not have it.";
const FORGOTTEN = "The result alone: this page no longer has the photo, which was sent before it was loaded.";

export function picturesOf({ source, url, size, earlier }: Photo, result: Result): Pictures {
  const isOnly = earlier === null;
  const absence = "file" in source ? {} : { absence: "job" in source ? FORGOTTEN : FETCHED };
  const shown = (result: Result) => (result.isShown ? result.url : null);
  return {
    before: { version: "before", url: size && url, words: "before", ...absence },
    earlier: isOnly ? null : { version: "earlier", url: shown(earlier), words: named("earlier", earlier) },
    after: { version: "after", url: shown(result), words: isOnly ? "after" : named("latest", result) },
  };
}

/** The pictures of the two sides. Without an earlier result they are before and after, the newer on the same side. */
export function sidesOf(pictures: Pictures, sides: Sides): readonly [left: Picture, right: Picture] {
  const { before, earlier, after } = pictures;
  if (earlier === null) return isSwapped(sides) ? [after, before] : [before, after];
  const [left, right] = sides;
  const known = { before, earlier, after };
  return [known[left], known[right]];
}

/** Whether the newer version is on the left. */
export function isSwapped([left, right]: Sides): boolean {
  return VERSIONS.indexOf(left) > VERSIONS.indexOf(right);
}

export function swapped([left, right]: Sides): Sides {
  return [right, left];
}

/** The sides with another version on the left. A choice of what is on the right swaps them. */
export function withLeft([left, right]: Sides, version: Version): Sides {
  return [version, version === right ? left : right];
}

/** "latest · portrait-face" */
function named(words: string, { facts }: Result): string {
  const { restorer } = facts.models;
  return restorer === undefined ? words : `${words} · ${restorer}`;
}
