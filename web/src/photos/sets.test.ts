// @vitest-environment node
import fc from "fast-check";
import { expect, it } from "vitest";
import { CONFIG, EARLIER, requestOf } from "@/test/samples";
import { batchOf, JOBS } from "@/test/sets";
import { expiryOf, hoursOf, jobsOf, presentSets, savedSets, textOf, withoutSet, withSet, type SavedSet } from "./sets";

const NOW = 1_000_000;

function setOf(id: string, changes: Partial<SavedSet> = {}): SavedSet {
  return { id, server: "", expires: NOW + 1000, request: requestOf(), ...changes };
}

it("reads what it has written", () => {
  const sets = [setOf("a"), setOf("b", { request: requestOf({ overrides: { 0: 0.5 }, boxes: [[1, 2, 3, 4]] }) })];
  expect(savedSets(textOf(sets), CONFIG)).toEqual(sets);
  expect(textOf([])).toBeNull();
  expect(savedSets(null, CONFIG)).toEqual([]);
});

it("reads nothing from any other text", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => savedSets(text, CONFIG).length === 0));
  expect(savedSets('[{"id": "a"}, null, 3]', CONFIG)).toEqual([]);
});

it("takes no number that would be another address", () => {
  const ids = ["../models/warmup?", "a/b", "a b", "", "%2e%2e"];
  expect(savedSets(textOf(ids.map((id) => setOf(id))), CONFIG)).toEqual([]);
});

it("reads of a request what is known of it", () => {
  const request = {
    options: { output_format: 3, quality: 80 },
    overrides: { 0: "x", 1: 0.5 },
    boxes: [null, [1, 2, 3, 4]],
  };
  const [set] = savedSets(JSON.stringify([{ ...setOf("a"), request }]), CONFIG);
  const options = { ...requestOf().options, quality: 80 };
  expect(set?.request).toEqual({ options, overrides: { 1: 0.5 }, boxes: [[1, 2, 3, 4]], requireFace: true });
});

it("adds a set once, and lets go of those that have expired and of the oldest", () => {
  expect(withSet([setOf("a"), setOf("old", { expires: NOW })], setOf("a"), NOW).map(({ id }) => id)).toEqual(["a"]);
  const many = Array.from({ length: 100 }, (_, index) => setOf(`s${index}`));
  const more = withSet(many, setOf("new"), NOW);
  expect([more.length, more[0]?.id, more.at(-1)?.id]).toEqual([100, "s1", "new"]);
  expect(withoutSet([setOf("a"), setOf("b")], "a").map(({ id }) => id)).toEqual(["b"]);
});

it("knows when a set expires, whatever the clock of this computer says", () => {
  const batch = { ...batchOf([]), created_at: "2026-11-28T02:10:00Z", expires_at: "2026-11-28T02:11:00Z" };
  expect(expiryOf(batch, NOW)).toBe(NOW + 60_000);
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
  expect(hoursOf(JOBS, "de")).toBe("24 Stunden");
  expect(words).toEqual(["24 hours", "1 hour", "30 minutes"]);
});
