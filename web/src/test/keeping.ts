/** A page that keeps its photos: how a test opens it, leaves it, and looks at what lies in the database. */
import { afterEach, beforeEach } from "vitest";
import type { Photo, Result } from "@/photos/photo";
import { openDatabase, TABLES, type Database } from "@/storage/database";
import { Keeper, type Events } from "@/storage/keeper";
import { CONFIG, photoOf } from "./samples";
import { serveDatabase, serveLocks, serveTab } from "./storage";

const open: Keeper[] = [];
let tab: Map<string, string>;

/** Gives each test an empty database and one tab, and closes what it leaves open. */
export function serveKeepers(): void {
  beforeEach(() => {
    serveDatabase();
    serveLocks();
    tab = serveTab();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((keeper) => keeper.close()));
  });
}

/** The next visit is one of a new tab. */
export function openNewTab(): void {
  tab.clear();
}

/** Opens the page in this tab. */
export async function visit(events: Partial<Events> = {}) {
  const keeper = await Keeper.open({ onFault: () => undefined, onEmptied: () => undefined, ...events });
  open.push(keeper);
  const { written, selected, lost } = await keeper.load(CONFIG);
  return { keeper, photos: written.map(({ photo }) => photo), selected, lost };
}

/** Leaves the page, so that the same tab or another one can be opened. */
export async function leave(keeper: Keeper): Promise<void> {
  open.splice(open.indexOf(keeper), 1);
  await keeper.close();
}

export async function keep(keeper: Keeper, photos: readonly Photo[], selected: string | null = photos[0]?.id ?? null) {
  keeper.see({ photos, selected });
  await keeper.flush();
}

/** All rows of the database, by table. */
export async function rows() {
  const database = await openDatabase({ onNewer: () => undefined, onLost: () => undefined });
  const all = await Promise.all(TABLES.map(async (table) => [table, await database.getAll(table)] as const));
  database.close();
  return Object.fromEntries(all) as Record<(typeof TABLES)[number], never[]>;
}

/** How many photos, files and results there are. */
export async function counts(): Promise<number[]> {
  const { photos, files, results } = await rows();
  return [photos.length, files.length, results.length];
}

/** Changes rows behind the page's back. */
export async function change(work: (database: Database) => Promise<unknown>): Promise<void> {
  const database = await openDatabase({ onNewer: () => undefined, onLost: () => undefined });
  await work(database);
  database.close();
}

export function photoNamed(id: string, changes: Partial<Photo> = {}): Photo {
  return photoOf({ id, ...changes }, `${id}.png`);
}

/** A photo with these results, oldest first; the last one is shown. */
export function withResults(id: string, ...results: Result[]): Photo {
  return photoNamed(id, { results, result: results.at(-1) ?? null });
}
