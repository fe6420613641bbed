// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressesIn, nameOf, typedAddress } from "./address";

const PHOTO = "https://example.org/photos/oma.jpg";

describe("addressesIn", () => {
  it.each([
    [PHOTO, [PHOTO]],
    [`  ${PHOTO}\n`, [PHOTO]],
    [`# a link\r\n${PHOTO}\r\nhttp://example.net/b.png\r\n`, [PHOTO, "http://example.net/b.png"]],
    ["HTTPS://Example.org/a b.jpg", []],
    ["https://exämple.org/ö.jpg?w=1", ["https://xn--exmple-cua.org/%C3%B6.jpg?w=1"]],
    ["", []],
    ["some words", []],
    [`Look at ${PHOTO}`, []],
    [`${PHOTO}\nis nice`, []],
    ["https://", []],
    ["ftp://example.org/a.jpg", []],
    ["data:image/png;base64,iVBORw0KGgo=", []],
    ["javascript:alert(1)", []],
    [`https://example.org/${"a".repeat(4000)}`, []],
  ])("finds in %j: %j", (text, addresses) => {
    expect(addressesIn(text)).toEqual(addresses);
  });

  it("finds nothing but http and https, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
        for (const address of addressesIn(text)) {
          expect(["http:", "https:"]).toContain(new URL(address).protocol);
          expect(nameOf(address)).not.toBe("");
        }
      }),
    );
  });
});

describe("typedAddress", () => {
  it.each([
    [PHOTO, PHOTO],
    [` ${PHOTO} `, PHOTO],
    ["example.org/a.jpg", "https://example.org/a.jpg"],
    ["example.org", "https://example.org/"],
    ["oma", null],
    ["two words.jpg", null],
    ["me@example.org/a.jpg", null],
    ["", null],
  ])("takes %j as %j", (text, address) => {
    expect(typedAddress(text)).toBe(address);
  });
});

describe("nameOf", () => {
  it.each([
    [PHOTO, "oma.jpg"],
    ["https://example.org/Oma%20am%20See.jpg?size=large#top", "Oma am See.jpg"],
    ["https://example.org/photos/", "photos"],
    ["https://example.org/", "example.org"],
    ["https://example.org/100%.jpg", "100%.jpg"],
  ])("is for %s: %s", (address, name) => {
    expect(nameOf(address)).toBe(name);
  });
});
