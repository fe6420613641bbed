/** The versions of a photo that can be compared, two at a time. */
import type { Words } from "@/words/words";
import { differencesOf } from "./differences";
import { numberOf } from "./history";
import type { Photo, Result } from "./photo";
import { isReduced } from "./preview";

/** The photo itself ("before"), its result that is shown now ("after"), or the URL of another of its results. */
export type Version = string;

export const BEFORE = "before";
export const AFTER = "after";

/** What is shown on the left and on the right; two different versions. */
export type Sides = readonly [left: Version, right: Version];

export type Picture = {
  version: Version;
  /** Null if the browser cannot show it. */
  url: string | null;
  /** What it is called: "before", "after", "result 2". */
  name: string;
  /** The same, and how it differs: "result 2 · compact-face". */
  words: string;
  /** What is said in its place if the browser cannot show it. */
  unshown: string;
  /** Why this page does not have it, if it does not. */
  absence?: string;
};

/** Oldest first: the photo, and its results. */
export type Pictures = readonly Picture[];

export type Shown = readonly [left: Picture, right: Picture];

export const BEFORE_AND_AFTER: Sides = [BEFORE, AFTER];

export function picturesOf(photo: Photo, result: Result, t: Words): Pictures {
  const { results } = photo;
  const differences = differencesOf(results, t);
  return [
    beforeOf(photo, t),
    ...results.map((one, index) => {
      const isShown = one === result;
      const numbered = t("viewer.side.result", { number: numberOf(photo, one) });
      const name = isShown ? t("viewer.side.after") : numbered;
      const words = [numbered, differences[index]].filter(Boolean).join(" · ");
      return {
        version: isShown ? AFTER : one.url,
        url: one.isShown ? one.url : null,
        name,
        words: results.length === 1 ? name : words,
        unshown: isShown ? t("viewer.side.afterUnshown") : t("viewer.side.resultUnshown"),
      };
    }),
  ];
}

function beforeOf(photo: Photo, t: Words): Picture {
  const { source, url, size } = photo;
  const name = t("viewer.side.before");
  const words = isReduced(photo) ? t("viewer.side.beforeReduced") : name;
  const picture = { version: BEFORE, url: size && url, name, words, unshown: t("viewer.side.beforeUnshown") };
  if ("file" in source) return picture;
  return { ...picture, absence: "job" in source ? t("viewer.side.forgotten") : t("viewer.side.fetched") };
}

/** The pictures of the two sides. Where a side has another photo's result, they are before and after. */
export function sidesOf(pictures: Pictures, sides: Sides): Shown {
  const pictureOf = (wanted: Version) => pictures.find(({ version }) => version === wanted);
  const [left, right] = sides.map(pictureOf);
  if (left && right && left !== right) return [left, right];
  const [before, after] = [pictureOf(BEFORE), pictureOf(AFTER)];
  if (!before || !after) throw new Error("A result is not among those of its photo.");
  return sides[0] === AFTER || sides[1] === BEFORE ? [after, before] : [before, after];
}

/** Whether the newer version is on the left. */
export function isSwapped(pictures: Pictures, [left, right]: Shown): boolean {
  return pictures.indexOf(left) > pictures.indexOf(right);
}

export function swapped([left, right]: Sides): Sides {
  return [right, left];
}

/** The sides with another version on the left. A choice of what is on the right swaps them. */
export function withLeft([left, right]: Sides, version: Version): Sides {
  return [version, version === right ? left : right];
}
