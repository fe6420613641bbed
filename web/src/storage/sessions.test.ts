// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Photo, Result } from "@/photos/photo";
import { CONFIG, photoOf, resultOf } from "@/test/samples";
import { serveDatabase, serveLocks, serveTab } from "@/test/storage";
import { openDatabase } from "./database";
import { Keeper } from "./keeper";

let tab: Map<string, string>;
const open: Keeper[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((keeper) => keeper.close()));
});

async function visit() {
  const keeper = await Keeper.open({ onFault: () => undefined, onEmptied: () => undefined });
  open.push(keeper);
  const { written, selected } = await keeper.load(CONFIG);
  return { keeper, selected, names: written.map(({ photo }) => photo.id) };
}

async function leave({ keeper }: { keeper: Keeper }) {
  open.splice(open.indexOf(keeper), 1);
  await keeper.close();
}

async function keep({ keeper }: { keeper: Keeper }, ...photos: Photo[]) {
  keeper.see({ photos, selected: photos.at(-1)?.id ?? null });
  await keeper.flush();
}

const photoWith = (id: string, result: Result) => photoOf({ id, result, results: [result] });

/** The next page is one of a new tab. */
const inNewTab = () => tab.clear();

const [a, b, c] = ["a", "b", "c"].map((id) => photoWith(id, resultOf())) as [Photo, Photo, Photo];

describe.each([
  ["with locks", serveLocks],
  ["without TLS, where there are no locks", () => vi.stubGlobal("navigator", {})],
])("tabs %s", (_, serve) => {
  beforeEach(() => {
    serveDatabase();
    serve();
    tab = serveTab();
  });

  it("a second tab begins empty, and neither removes what the other has", async () => {
    const first = await visit();
    await keep(first, a, b);
    inNewTab();
    const second = await visit();
    expect(second.names).toEqual([]);
    await keep(second, c);
    await keep(second);
    await keep(first, a);
    expect(await first.keeper.bytes()).toBeGreaterThan(0);
    await leave(second);
    await leave(first);
    inNewTab();
    expect((await visit()).names).toEqual(["a"]);
  });

  it("each tab has its own photos again after a reload, while the other is open", async () => {
    const first = await visit();
    await keep(first, a);
    const ofFirst = [...tab];
    inNewTab();
    const second = await visit();
    await keep(second, b);
    await leave(second);
    const again = await visit();
    expect(again.names).toEqual(["b"]);
    await leave(first);
    inNewTab();
    for (const [name, text] of ofFirst) tab.set(name, text);
    expect((await visit()).names).toEqual(["a"]);
  });

  it("a new tab takes over what closed tabs had, all of it, and it is there after a reload too", async () => {
    const first = await visit();
    await keep(first, a);
    inNewTab();
    const second = await visit();
    await keep(second, b, c);
    await leave(first);
    await leave(second);
    inNewTab();
    const next = await visit();
    expect([...next.names].sort()).toEqual(["a", "b", "c"]);
    await leave(next);
    expect([...(await visit()).names].sort()).toEqual(["a", "b", "c"]);
    const database = await openDatabase({ onNewer: () => undefined, onLost: () => undefined });
    expect(await database.count("sessions")).toBe(1);
    expect(await database.count("files")).toBe(3);
    database.close();
  });

  it("the copy of a tab, which has its id, begins anew", { timeout: 10_000 }, async () => {
    const first = await visit();
    await keep(first, a);
    const copy = await visit();
    expect(copy.names).toEqual([]);
    await keep(copy, b);
    await leave(first);
    await leave(copy);
    expect((await visit()).names).toEqual(["b"]); // the id is the copy's now
  });

  it("the same photo of a set in two closed tabs is one in the next, and leaves nothing behind", async () => {
    const first = await visit();
    await keep(first, a);
    inNewTab();
    const second = await visit();
    await keep(second, { ...a, requireFace: false });
    await leave(first);
    await leave(second);
    inNewTab();
    expect((await visit()).names).toEqual(["a"]);
    const database = await openDatabase({ onNewer: () => undefined, onLost: () => undefined });
    expect([await database.count("files"), await database.count("results")]).toEqual([1, 1]);
    database.close();
  });

  it("works where the browser stores no session id", async () => {
    const refuse = () => {
      throw new DOMException("denied", "SecurityError");
    };
    vi.stubGlobal("sessionStorage", { getItem: refuse, setItem: refuse });
    const first = await visit();
    await keep(first, a, b);
    await leave(first);
    const { names, selected } = await visit();
    expect([names, selected]).toEqual([["a", "b"], "b"]);
  });
});

it("after a reload a tab waits until its former page has ended", async () => {
  serveDatabase();
  serveLocks();
  tab = serveTab();
  const first = await visit();
  await keep(first, a);
  const again = visit();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await leave(first);
  expect((await again).names).toEqual(["a"]);
});
