// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OPTIONS, photoOf, resultOf } from "@/test/samples";
import { doneJob } from "@/test/sets";
import { DEFAULT_PATTERN, fileName, namedOf, namedOfJob, TOKENS, today, unique, type Named } from "./names";

const PNG = "image/png";
const named = (name = "portrait.jpeg", mediaType = PNG): Named =>
  namedOf(photoOf({}, name), resultOf({ media_type: mediaType }), 3, 12);

describe("the name of a file", () => {
  it.each([
    ["portrait.jpeg", PNG, "portrait-likeness.png"],
    ["Oma 1950.tiff", "image/webp", "Oma 1950-likeness.webp"],
    ["no extension", "image/jpeg", "no extension-likeness.jpg"],
    ["v1.2 final.png", "image/avif", "v1.2 final-likeness.avif"],
    [".png", PNG, "likeness.png"],
    ["a.png", "image/new", "a-likeness.bin"],
  ])("of %j as %s is %j", (name, mediaType, file) => {
    expect(fileName(DEFAULT_PATTERN, named(name, mediaType))).toBe(file);
  });

  it("has each token of the pattern", () => {
    const pattern = "{n} {name} {size} {date} {restorer} {scale}";
    expect(fileName(pattern, named())).toBe(`03 portrait 200x160 ${today()} compact x2.png`);
    expect(today(new Date(2026, 0, 5, 23, 59))).toBe("2026-01-05");
  });

  it("leaves out what is not known, with the sign before it", () => {
    const fetched = photoOf({ size: null });
    const options = { ...OPTIONS, long_side: 3000 };
    const known = namedOf(fetched, resultOf({ models: {} }, options), 1, 1);
    expect(fileName("{name}_{restorer}-{scale}", known)).toBe("portrait.png");
    expect(fileName("{scale}", namedOf(fetched, resultOf(), 1, 1))).toBe("x2.png");
    expect(fileName("{restorer}", known)).toBe("photo.png");
  });

  it.each([
    ["  ", "portrait-likeness.png"],
    ["{unknown} {name}", "{unknown} portrait.png"],
    ["../../{name}", "portrait.png"],
    ["a/b\\c:d*e", "a_b_c_d_e.png"],
    ["con", "_con.png"],
    ["LPT1.x", "_LPT1.x.png"],
    ["photo \u202egnp.exe", "photo _gnp.exe.png"],
    ["お婆ちゃん {n}", "お婆ちゃん 03.png"],
    ["…", "….png"],
  ])("by the pattern %j is %j", (pattern, file) => {
    expect(fileName(pattern, named())).toBe(file);
  });

  it("of a photo of a set has what its job tells", () => {
    const pattern = "{n}-{name}-{size}-{restorer}-{scale}";
    expect(fileName(pattern, namedOfJob(doneJob({ file_name: "oma.jpg" }), 3, 10))).toBe("03-oma-200x160.png");
  });

  it("can be stored anywhere, whatever the pattern and the photo are called", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...TOKENS.map((token) => `{${token}}`)));
    fc.assert(
      fc.property(fc.array(text), fc.string({ unit: "binary", maxLength: 400 }), (parts, name) => {
        const file = fileName(parts.join(""), named(name));
        expect(file).toMatch(/^[^<>:"/\\|?*\p{Cc}\u202a-\u202e]+\.png$/u);
        expect(file).not.toMatch(/^[. ]|[. ]\.png$/);
        expect(new TextEncoder().encode(file).length).toBeLessThanOrEqual(204);
      }),
    );
  });
});

describe("the names in an archive", () => {
  it("are different, also where capitals make no difference", () => {
    expect(unique(["a.png", "b.png", "a.png", "A.png", "a (2).png", "a"])).toEqual([
      "a.png",
      "b.png",
      "a (2).png",
      "A (3).png",
      "a (2) (2).png",
      "a",
    ]);
  });

  it("are as many as before, each with its ending", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a.png", "A.PNG", "a (2).png", "b.c.jpg", ".png", "")), (names) => {
        const files = unique(names);
        expect(files).toHaveLength(names.length);
        expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(names.length);
      }),
    );
  });
});
