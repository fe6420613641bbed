/**
 * The sessions of the tabs. Each tab shows and writes the photos of its own session, whose id outlives a reload in
 * `sessionStorage`; so no tab removes what another shows. A tab without photos takes over those of all closed tabs.
 */
import { newId } from "@/photos/id";
import { photosOf, TABLES, type Database } from "./database";
import { hold, type Release } from "./locks";

const STORED = "likeness.session";

/** After a reload the browser may need a moment to end the page before. */
const PATIENCE_MS = 2000;

export type Session = { id: string; release: Release };

/** The session of this tab, with the photos that no open tab has if it had none. */
export async function claimSession(database: Database): Promise<Session> {
  const session = (await heldBefore()) ?? (await begun());
  if ((await database.get("sessions", session.id)) === undefined) await takeOver(database, session.id);
  return session;
}

/** The session that this tab had before a reload. A copy of a tab has the id of another one, which holds it. */
async function heldBefore(): Promise<Session | null> {
  const id = readId();
  const release = id === null ? null : await hold(id, PATIENCE_MS);
  return id !== null && release !== null ? { id, release } : null;
}

async function begun(): Promise<Session> {
  const id = newId();
  writeId(id);
  const release = await hold(id, 0);
  return { id, release: release ?? (() => undefined) }; // nobody else knows the id
}

async function takeOver(database: Database, id: string): Promise<void> {
  const others = (await database.getAllKeys("sessions")).filter((other) => other !== id);
  await Promise.all(
    others.map(async (other) => {
      const release = await hold(other, 0);
      if (release === null) return;
      await moved(database, other, id).finally(release);
    }),
  );
}

/** Gives the photos of a session to another one. Of a photo that both have, its own stays. */
async function moved(database: Database, from: string, to: string): Promise<void> {
  const change = database.transaction(TABLES, "readwrite");
  const sessions = change.objectStore("sessions");
  const photos = change.objectStore("photos");
  const other = await sessions.get(from);
  const own = (await sessions.get(to)) ?? { id: to, order: [], selected: null };
  for (const row of await photos.getAll(photosOf(from))) {
    await photos.delete([from, row.id]);
    if ((await photos.getKey([to, row.id])) === undefined) {
      await photos.put({ ...row, session: to });
    } else {
      if ("file" in row.source) await change.objectStore("files").delete(row.source.file);
      for (const result of row.results) await change.objectStore("results").delete(result);
    }
  }
  if (other !== undefined) {
    const more = other.order.filter((id) => !own.order.includes(id));
    await sessions.put({ ...own, order: [...own.order, ...more], selected: own.selected ?? other.selected });
    await sessions.delete(from);
  }
  await change.done;
}

function readId(): string | null {
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    return null; // this browser stores nothing of the kind: the next load takes over what this one leaves
  }
}

function writeId(id: string): void {
  try {
    sessionStorage.setItem(STORED, id);
  } catch {
    // as above
  }
}
