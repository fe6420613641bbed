/** Keeps the photos of one tab: writes what changes, a moment after the last change. */
import type { Config } from "@/api/types";
import type { Photo } from "@/photos/photo";
import type { State } from "@/photos/reducer";
import { openDatabase, type Database } from "./database";
import { faultOf, type Fault } from "./faults";
import { isKept, isSame } from "./rows";
import { claimSession, type Session } from "./sessions";
import {
  bytesOf,
  readPhotos,
  removeAll,
  removePhoto,
  writeOrder,
  writePhoto,
  type Shelved,
  type Written,
} from "./shelf";

/** While a person drags a slider or draws, nothing is written. */
export const PAUSE_MS = 400;

const EMPTIED = "likeness.emptied";

export type Shown = Pick<State, "photos" | "selected">;

export type Events = {
  /** Something is not kept; null: everything is. */
  onFault: (fault: Fault | null) => void;
  /** Another tab has deleted what is kept of all tabs. */
  onEmptied: () => void;
};

export class Keeper {
  private shown: Shown = { photos: [], selected: null };
  private readonly written = new Map<string, Written>();
  /** What could not be written, and why: tried again once it changes, or something else makes room. */
  private readonly failed = new Map<string, { photo: Photo; fault: Fault }>();
  private order = "";
  private timer: ReturnType<typeof setTimeout> | null = null;
  private work: Promise<void> = Promise.resolve();
  /** How often something has changed, and how many of these changes are written. */
  private changes = 0;
  private writtenChanges = 0;
  private isOver = false;
  private readonly channel = new BroadcastChannel(EMPTIED);

  private constructor(
    private readonly database: Database,
    private readonly session: Session,
    private readonly events: Events,
  ) {
    this.channel.onmessage = () => events.onEmptied();
  }

  /** Opens the database. Throws its errors. */
  static async open(events: Events): Promise<Keeper> {
    const ended: { by: Fault | null; keeper: Keeper | null } = { by: null, keeper: null };
    const end = (fault: Fault) => {
      ended.by = fault;
      ended.keeper?.end(fault);
    };
    const database = await openDatabase({ onNewer: () => end("newer"), onLost: () => end("deleted") });
    const session = await claimSession(database).catch((error: unknown) => {
      database.close();
      throw error;
    });
    const keeper = new Keeper(database, session, events);
    ended.keeper = keeper;
    if (ended.by !== null) keeper.end(ended.by);
    return keeper;
  }

  /** The photos that were kept last. */
  async load(config: Config): Promise<Shelved> {
    const shelved = await readPhotos(this.database, this.session.id, config);
    for (const one of shelved.written) this.written.set(one.photo.id, one);
    this.shown = { photos: shelved.written.map(({ photo }) => photo), selected: shelved.selected };
    this.order = orderOf(this.shown);
    return shelved;
  }

  /** Takes note of what the page shows, and writes what is new about it if nothing else changes for a moment. */
  see(shown: Shown): void {
    const before = this.shown;
    this.shown = shown;
    if (this.isOver || isUnchanged(before, shown)) return;
    this.changes += 1;
    if (this.timer !== null) clearTimeout(this.timer);
    const pause = isEvent(before, shown) ? 0 : PAUSE_MS;
    this.timer = setTimeout(() => void this.flush(), pause);
  }

  /** Writes at once what waits to be written. */
  flush(): Promise<void> {
    if (this.timer === null) return this.work;
    clearTimeout(this.timer);
    this.timer = null;
    this.work = this.work.then(() => this.write());
    return this.work;
  }

  /** Whether leaving the page now would lose something of its photos. */
  isUpToDate(): boolean {
    return this.writtenChanges === this.changes && !this.isOver;
  }

  /** Bytes that are kept, those of other tabs included. */
  bytes(): Promise<number> {
    return bytesOf(this.database);
  }

  /** Deletes what is kept of all tabs, and tells the others. */
  empty(): Promise<void> {
    const emptied = this.work.then(async () => {
      await removeAll(this.database);
      this.written.clear();
      this.failed.clear();
      this.order = "";
      this.channel.postMessage("emptied");
    });
    this.work = emptied.catch(() => undefined); // the caller is told
    return emptied;
  }

  /** Writes no more, and lets other tabs have the photos. */
  async close(): Promise<void> {
    this.stop();
    await this.work;
    this.channel.close();
    this.session.release();
    this.database.close();
  }

  private stop(): void {
    this.isOver = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private end(fault: Fault): void {
    this.stop();
    this.events.onFault(fault);
  }

  private async write(): Promise<void> {
    let fault: Fault | null = null;
    const { changes } = this; // more may come while this is written
    try {
      const photos = this.shown.photos.filter(isKept);
      await this.removeGone(photos);
      await this.writeOrder();
      for (const photo of photos) {
        if (this.isOver) return;
        fault = (await this.writeOne(photo)) ?? fault;
      }
    } catch (error) {
      fault = faultOf(error, "unwritten");
    }
    if (this.isOver) return; // has been told why
    if (fault === null) this.writtenChanges = changes;
    this.events.onFault(fault);
  }

  private async removeGone(photos: readonly Photo[]): Promise<void> {
    const ids = new Set(photos.map(({ id }) => id));
    for (const id of this.failed.keys()) if (!ids.has(id)) this.failed.delete(id);
    for (const [id, one] of this.written) {
      if (ids.has(id) || this.isOver) continue;
      await removePhoto(this.database, this.session.id, one);
      this.written.delete(id);
      this.failed.clear(); // there is room now
    }
  }

  private async writeOrder(): Promise<void> {
    const order = orderOf(this.shown);
    if (this.isOver || order === this.order) return;
    const { photos, selected } = this.shown;
    await writeOrder(this.database, this.session.id, idsOf(photos), selected);
    this.order = order;
  }

  private async writeOne(photo: Photo): Promise<Fault | null> {
    const { id } = photo;
    const before = this.written.get(id);
    if (before !== undefined && isSame(before.photo, photo)) return null;
    const failed = this.failed.get(id);
    if (failed !== undefined && isSame(failed.photo, photo)) return failed.fault;
    try {
      this.written.set(id, await writePhoto(this.database, this.session.id, photo, before));
      this.failed.delete(id);
      return null;
    } catch (error) {
      const fault = faultOf(error, "unwritten");
      this.failed.set(id, { photo, fault });
      return fault;
    }
  }
}

/** Deletes what is kept of all tabs, where nothing is to be kept any more. Throws the database's errors. */
export async function forgetAll(): Promise<void> {
  if (typeof indexedDB === "undefined") return; // nothing was ever kept
  const database = await openDatabase({ onNewer: () => undefined, onLost: () => undefined });
  await removeAll(database).finally(() => database.close());
}

function isUnchanged(before: Shown, after: Shown): boolean {
  if (before.selected !== after.selected) return false;
  if (before.photos === after.photos) return true;
  const [one, other] = [before.photos.filter(isKept), after.photos.filter(isKept)];
  return one.length === other.length && other.every((photo, index) => isSameAs(one[index], photo));
}

/**
 * Whether a photo or a result has come or gone, or another photo is shown, which is written at once: the page may be left
 * any time.
 */
function isEvent(before: Shown, after: Shown): boolean {
  const countsOf = ({ photos }: Shown) => photos.map(({ id, results }) => `${id} ${results.length}`).join();
  return before.selected !== after.selected || countsOf(before) !== countsOf(after);
}

function isSameAs(before: Photo | undefined, photo: Photo): boolean {
  return before !== undefined && (before === photo || (before.id === photo.id && isSame(before, photo)));
}

function orderOf({ photos, selected }: Shown): string {
  return JSON.stringify([idsOf(photos), selected]);
}

function idsOf(photos: readonly Photo[]): string[] {
  return photos.filter(isKept).map(({ id }) => id);
}
