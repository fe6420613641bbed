// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Progress } from "@/api/submission";
import { secondsLeft, type Course } from "./course";
import { begin, grown, moved, withPlan } from "./progress";

const MB = 1e6;
const STAGES = ["decode", "detection", "alignment", "restoration", "identity", "upscaling", "blending", "identity"];
const LAST = ["metrics", "encode", "answer"];
const PLAN = { decode: 0.1, detection: 0.4, restoration: 2, identity: 1, upscaling: 5, blending: 0.5, metrics: 1 };

type News = { after: number } & ({ progress: Progress } | { plan: Record<string, number> });

function told(course: Course, news: readonly News[]): Course[] {
  let now = course.at;
  const courses = [course];
  for (const { after, ...what } of news) {
    now += after;
    const last = courses.at(-1) as Course;
    courses.push("plan" in what ? withPlan(last, what.plan, now) : moved(last, what.progress, now));
  }
  return courses;
}

const working = (stage: string, fraction = 0): Progress => ({ phase: "working", stage, fraction });
const uploading = (fraction: number): Progress => ({ phase: "uploading", fraction });
const downloading = (fraction: number): Progress => ({ phase: "downloading", fraction });
const queued = (position: number, seconds: number | null = null): Progress => ({ phase: "queued", position, seconds });

/** A whole photo: `seconds` of each stage by the clock. */
function story(seconds: Record<string, number>, parts = 10): News[] {
  const stages = [...STAGES, ...LAST].flatMap((stage) => {
    const after = ((seconds[stage] ?? 0) * 1000) / parts;
    return Array.from({ length: parts + 1 }, (_, part) => ({
      after: part && after,
      progress: working(stage, part / parts),
    }));
  });
  const parted = [0.25, 0.5, 0.75, 1];
  return [
    ...parted.map((fraction) => ({ after: 250, progress: uploading(fraction) })),
    { after: 5, progress: queued(0, 0) },
    ...stages,
    ...parted.map((fraction) => ({ after: 100, progress: downloading(fraction) })),
  ];
}

const fractions = (courses: readonly Course[]) => courses.map(({ fraction }) => fraction);
const rise = (numbers: readonly number[]) => numbers.every((number, index) => number >= (numbers[index - 1] ?? 0));

const stage = fc.constantFrom(
  ...STAGES,
  ...LAST,
  "fetch",
  "reference",
  "color",
  "start",
  "denoising",
  "__proto__",
  "download",
);
const part = fc.double({ min: 0, max: 1, noNaN: true });
const seconds = fc.double({ min: 0, max: 1e4, noNaN: true });
const plan = fc.dictionary(stage, fc.oneof(seconds, fc.constantFrom(NaN, -1, Infinity)));
const news: fc.Arbitrary<News> = fc
  .tuple(
    fc.nat(20_000),
    fc.oneof(
      fc.record({ plan }),
      fc.record({
        progress: fc.oneof(
          part.map(uploading),
          part.map(downloading),
          fc.tuple(fc.nat(9), fc.option(seconds)).map(([position, left]) => queued(position, left)),
          fc.tuple(stage, part).map(([name, done]) => working(name, done)),
        ),
      }),
    ),
  )
  .map(([after, what]) => ({ after, ...what }));

const courses = fc.record({
  course: fc.tuple(fc.option(plan), fc.nat(30 * MB)).map(([stages, bytes]) => begin(stages, bytes, 1000)),
  news: fc.array(news, { maxLength: 60 }),
});

describe("the fraction", () => {
  it("never falls and stays in [0, 1], whatever the server says", () => {
    fc.assert(
      fc.property(courses, ({ course, news }) => {
        const found = fractions(told(course, news));
        expect(rise(found)).toBe(true);
        expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...found)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("ends at 1 when the picture is there, whatever was said before", () => {
    fc.assert(
      fc.property(courses, ({ course, news }) => {
        const end = told(course, [
          ...news,
          { after: 10, progress: downloading(0) },
          { after: 10, progress: downloading(1) },
        ]);
        expect(end.at(-1)?.fraction).toBe(1);
      }),
    );
  });

  it.each([
    ["a look", PLAN],
    ["typical shares", null],
  ])("rises with each piece of work by %s", (_, stages) => {
    const found = fractions(told(begin(stages, MB, 0), story(PLAN)));
    expect(rise(found)).toBe(true);
    expect(new Set(found).size).toBeGreaterThan(50);
    expect(found.at(-1)).toBeCloseTo(1);
  });

  it("is that of the seconds", () => {
    const course = begin({ restoration: 2, upscaling: 6 }, 0, 0);
    const at = (progress: Progress) => moved(course, progress, 10).fraction;
    expect(at(working("restoration", 0.5))).toBeCloseTo(1 / 8);
    expect(at(working("upscaling", 0))).toBeCloseTo(2 / 8);
    expect(at(working("upscaling", 0.5))).toBeCloseTo(5 / 8);
  });

  it("goes on from where it is when a plan comes", () => {
    const before = moved(begin(null, MB, 0), working("restoration"), 900);
    const after = withPlan(before, { restoration: 1, upscaling: 99 }, 900);
    expect(after.fraction).toBe(before.fraction);
    const half = moved(after, working("upscaling", 0.5), 2000).fraction;
    expect(half).toBeGreaterThan(0.4);
    expect(half).toBeLessThan(0.6);
  });

  it("leaves out stages that are skipped", () => {
    const course = begin({ decode: 1, restoration: 3, upscaling: 4 }, 0, 0);
    expect(moved(course, working("upscaling"), 10).fraction).toBeCloseTo(4 / 8);
  });

  it("stands still in a stage that it does not know, and in one that comes again", () => {
    const course = moved(begin(PLAN, 0, 0), working("blending", 0.5), 10);
    const strange = moved(course, working("denoising", 0.5), 20);
    expect(moved(strange, working("denoising", 0.9), 30).fraction).toBe(strange.fraction);
    expect(moved(strange, working("upscaling", 0.5), 40).fraction).toBe(strange.fraction);
  });

  it("counts the second look at the likeness too", () => {
    const course = begin({ identity: 2, blending: 2 }, 0, 0);
    const first = moved(course, working("identity", 1), 10);
    const pasted = moved(first, working("blending", 1), 20);
    const again = moved(pasted, working("identity", 0.5), 30);
    expect([first, pasted, again].map(({ fraction }) => fraction)).toEqual([
      expect.closeTo(0.25),
      expect.closeTo(0.75),
      expect.closeTo(0.875),
    ]);
  });

  it("gives an upload the part that its speed asks for", () => {
    const slow = told(
      begin({ upscaling: 3 }, 3 * MB, 0),
      [1, 2, 3, 4].map((k) => ({ after: 3000, progress: uploading(k / 4) })),
    );
    const quick = told(begin({ upscaling: 3 }, 3 * MB, 0), [{ after: 20, progress: uploading(1) }]);
    expect(slow.at(-1)?.fraction).toBeGreaterThan(0.2);
    expect(quick.at(-1)?.fraction).toBeLessThan(0.05);
  });

  it("moves up with the queue if its seconds are known", () => {
    const course = moved(begin({ upscaling: 10 }, 0, 0), queued(2, 20), 10);
    const later = moved(course, queued(1, 10), 9000);
    expect(later.fraction).toBeCloseTo(1 / 3);
    expect(moved(later, queued(1, 15), 9100).fraction).toBe(later.fraction);
  });
});

describe("grown", () => {
  it("stays when there is more to do than before, or was nothing", () => {
    expect(grown(0.4, 10, 12)).toBe(0.4);
    expect(grown(0.4, 0, 0)).toBe(0.4);
    expect(grown(0.5, 10, 5)).toBe(0.75);
    expect(grown(0.5, 10, 0)).toBe(1);
  });
});

describe("the seconds left", () => {
  const start = begin(PLAN, 0, 0);
  const whole = Object.values(PLAN).reduce((sum, each) => sum + each, 0);

  it("are never negative, and unknown only where nothing is known", () => {
    fc.assert(
      fc.property(courses, fc.nat(100_000), ({ course, news }, later) => {
        for (const one of told(course, news)) {
          const left = secondsLeft(one, one.at + later);
          expect(left === null || left >= 0).toBe(true);
        }
      }),
    );
  });

  it("are those of the plan, and run down between the news", () => {
    const course = moved(start, working("decode"), 1000);
    expect(secondsLeft(course, 1000)).toBeCloseTo(whole);
    expect(secondsLeft(course, 1050)).toBeCloseTo(whole - 0.05);
  });

  it("do not run out while a stage takes longer than was thought", () => {
    const course = moved(start, working("decode"), 1000);
    expect(secondsLeft(course, 100_000)).toBeCloseTo(whole - PLAN.decode);
  });

  it.each([0.5, 1, 3])("follow the pace of this photo (%d times as long as planned)", (slower) => {
    const clock = Object.fromEntries(
      [...STAGES, ...LAST].map((name) => {
        const share = name === "identity" ? 0.5 : 1;
        return [name, (PLAN[name as keyof typeof PLAN] ?? 0) * slower * share];
      }),
    );
    const courses = told(start, story(clock));
    const begun = courses.findIndex(({ present, part }) => present === "upscaling" && part >= 0.5);
    const course = courses[begun] as Course;
    const end = courses.filter(({ present }) => present === "answer").at(-1) as Course;
    const really = (end.at - course.at) / 1000;
    expect(secondsLeft(course, course.at)).toBeGreaterThan(really * 0.7);
    expect(secondsLeft(course, course.at)).toBeLessThan(really * 1.5);
  });

  it("soon follow the pace where the plan of a long work is far off", () => {
    const planned = withPlan(moved(begin(null, 0, 0), working("detection"), 0), { upscaling: 1200 }, 8000);
    const steps = Array.from({ length: 40 }, (_, k) => ({ after: 1000, progress: working("upscaling", k / 400) }));
    const course = told(planned, steps).at(-1) as Course; // a tenth of 1200 s was done in 40 s
    expect(secondsLeft(course, course.at)).toBeGreaterThan(300);
    expect(secondsLeft(course, course.at)).toBeLessThan(450);
  });

  it("are not held back by a plan that was absurd", () => {
    const planned = withPlan(
      moved(begin(null, 0, 0), working("detection"), 0),
      { upscaling: 9000, metrics: 1000 },
      500,
    );
    const steps = Array.from({ length: 10 }, (_, k) => ({ after: 200, progress: working("upscaling", k / 10) }));
    const course = told(planned, steps).at(-1) as Course; // 8100 s were done in 2 s
    expect(secondsLeft(course, course.at)).toBeLessThan(3);
  });

  it("are unknown without a plan, until some of the work was seen", () => {
    const courses = told(begin(null, MB, 0), story({ ...PLAN, identity: 0.5 }));
    expect(courses.find(({ present }) => present === "decode")?.shown).toBeNull();
    const late = courses.find(({ present, part }) => present === "upscaling" && part >= 0.5) as Course;
    expect(secondsLeft(late, late.at)).toBeGreaterThan(1);
    expect(secondsLeft(late, late.at)).toBeLessThan(10);
  });

  it("are unknown in a queue of unknown length, and known again after it", () => {
    const held = moved(moved(start, queued(3), 100), queued(2, null), 200);
    expect(secondsLeft(held, 300)).toBeNull();
    expect(secondsLeft(moved(held, queued(2, 30), 400), 400)).toBeCloseTo(30 + whole);
    expect(secondsLeft(moved(held, working("decode"), 400), 400)).not.toBeNull();
  });
});
