// @vitest-environment node
import fc from "fast-check";
import { expect, it } from "vitest";
import { CONFIG, EARLIER, requestOf } from "@/test/samples";
import { JOBS } from "@/test/sets";
import { hoursOf, jobsOf, presentSets, savedSets, textOf, withoutSet, withSet, type SavedSet } from "./sets";

const NOW = 1_000_000;

function setOf(id: string, changes: Partial<SavedSet> = {}): SavedSet {
  return { id, server: "", expires: NOW + 1000, request: requestOf(), ...changes };
}

it("reads what it has written", () => {
  const sets = [setOf("a"), setOf("b", { request: requestOf({ overrides: { 0: 0.5 }, boxes: [[1, 2, 3, 4]] }) })];
  expect(savedSets(textOf(sets))).toEqual(sets);
  expect(textOf([])).toBeNull();
  expect(savedSets(null)).toEqual([]);
});

it("reads nothing from any other text", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => savedSets(text).length === 0));
  expect(savedSets('[{"id": "a"}, null, 3]')).toEqual([]);
});

it("adds a set once, and lets go of those that have expired and of the oldest", () => {
  expect(withSet([setOf("a"), setOf("old", { expires: NOW })], setOf("a"), NOW).map(({ id }) => id)).toEqual(["a"]);
  const many = Array.from({ length: 100 }, (_, index) => setOf(`s${index}`));
  const more = withSet(many, setOf("new"), NOW);
  expect([more.length, more[0]?.id, more.at(-1)?.id]).toEqual([100, "s1", "new"]);
  expect(withoutSet([setOf("a"), setOf("b")], "a").map(({ id }) => id)).toEqual(["b"]);
});

it("shows those of this server that have not expired", () => {
  const sets = [setOf("a"), setOf("b", { server: "https://other.example" }), setOf("c", { expires: NOW })];
  expect(presentSets(sets, "", NOW).map(({ id }) => id)).toEqual(["a"]);
});

it("knows whether a server takes sets", () => {
  expect([jobsOf(CONFIG), jobsOf(EARLIER), jobsOf({ ...CONFIG, jobs: JOBS })]).toEqual([null, null, JOBS]);
});

it("says how long a set is kept", () => {
  const words = [24, 1, 0.5].map((retention_hours) => hoursOf({ ...JOBS, retention_hours }));
  expect(words).toEqual(["24 hours", "an hour", "30 minutes"]);
});
