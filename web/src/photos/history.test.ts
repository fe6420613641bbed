// @vitest-environment node
import { describe, expect, it } from "vitest";
import { photoOf, resultOf } from "@/test/samples";
import { MOST_BYTES, MOST_RESULTS, neighbourOf, numberOf, withResult } from "./history";
import type { Result } from "./photo";

const made = (url: string, bytes = 10): Result => {
  return { ...resultOf(), url, blob: Object.defineProperty(new Blob(), "size", { value: bytes }) };
};

/** A photo after these results. */
const after = (...results: Result[]) =>
  results.reduce((photo, result) => ({ ...photo, ...withResult(photo, result) }), photoOf());

const urls = ({ results }: { results: readonly Result[] }) => results.map(({ url }) => url);

describe("a new result", () => {
  it("is shown, after those before it", () => {
    const photo = after(made("1"), made("2"), made("3"));
    expect(urls(photo)).toEqual(["1", "2", "3"]);
    expect(photo.result?.url).toBe("3");
    expect(photo.letGo).toBe(0);
  });

  it("comes last also after an older one was shown, and no result is lost", () => {
    const photo = after(made("1"), made("2"));
    const undone = { ...photo, result: photo.results[0] ?? null };
    const more = withResult(undone, made("3"));
    expect(urls(more)).toEqual(["1", "2", "3"]);
    expect(more.result?.url).toBe("3");
  });

  it("lets the oldest go if there are too many, and the others keep their numbers", () => {
    const photo = after(...Array.from({ length: MOST_RESULTS + 2 }, (_, index) => made(`${index + 1}`)));
    expect(photo.results).toHaveLength(MOST_RESULTS);
    expect(photo.letGo).toBe(2);
    expect(urls(photo)[0]).toBe("3");
    expect(photo.results.map((result) => numberOf(photo, result)).slice(0, 2)).toEqual([3, 4]);
  });

  it("lets the oldest go if they are too large together, but never itself", () => {
    const photo = after(made("1", MOST_BYTES / 2), made("2", MOST_BYTES / 4), made("3", MOST_BYTES / 2));
    expect(urls(photo)).toEqual(["2", "3"]);
    const huge = withResult(photo, made("4", 2 * MOST_BYTES));
    expect(urls(huge)).toEqual(["4"]);
    expect(huge.letGo).toBe(3);
  });
});

it("goes from the shown result to the one before and after it", () => {
  const photo = after(made("1"), made("2"), made("3"));
  const middle = { ...photo, result: photo.results[1] ?? null };
  expect(neighbourOf(middle, -1)?.url).toBe("1");
  expect(neighbourOf(middle, 1)?.url).toBe("3");
  expect(neighbourOf(photo, 1)).toBeNull();
  expect(neighbourOf({ ...photo, result: photo.results[0] ?? null }, -1)).toBeNull();
  expect(neighbourOf(photoOf(), -1)).toBeNull();
});
