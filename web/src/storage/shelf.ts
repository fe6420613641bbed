/** Where the photos of a session lie: read, written and removed, each in one step that is done wholly or not at all. */
import type { Config } from "@/api/types";
import { newId } from "@/photos/id";
import type { Photo, Result } from "@/photos/photo";
import { photosOf, TABLES, type Database, type PhotoRow } from "./database";
import { photoFrom } from "./reading";
import { resultRowOf, rowOf } from "./rows";

/** A photo as it was written last, and under which ids its file and its results lie. */
export type Written = { photo: Photo; file: string | null; ids: ReadonlyMap<Result, string> };

export type Shelved = { written: Written[]; selected: string | null; lost: number };

/** The photos of a session in their order. What cannot be read is removed, and counted. */
export async function readPhotos(database: Database, session: string, config: Config): Promise<Shelved> {
  const [about, rows] = await Promise.all([
    database.get("sessions", session),
    database.getAll("photos", photosOf(session)),
  ]);
  const { order = [], selected = null } = about ?? {};
  const placeOf = (id: string) => (order.includes(id) ? order.indexOf(id) : order.length);
  const written: Written[] = [];
  let lost = 0;
  for (const row of rows.sort((a, b) => placeOf(a.id) - placeOf(b.id))) {
    const file = fileIdOf(row);
    const wanted = Array.isArray(row.results) ? row.results : [];
    const read = await photoFrom(
      row,
      {
        file: file === null ? undefined : await found(database.get("files", file)),
        results: await Promise.all(wanted.map((id) => found(database.get("results", id)))),
      },
      config,
    );
    if (read === null) await removeRow(database, row);
    else written.push({ photo: read.photo, file, ids: read.ids });
    if (read !== null && read.ids.size < wanted.length) await removeResults(database, row, [...read.ids.values()]);
    if (read === null || read.ids.size < wanted.length) lost += 1;
  }
  return { written, selected, lost };
}

/** Writes a photo, and of its file and results those that are not there yet; removes results that it no longer has. */
export async function writePhoto(
  database: Database,
  session: string,
  photo: Photo,
  before: Written | undefined,
): Promise<Written> {
  const { source } = photo;
  const isFileThere = before !== undefined && before.photo.source === source;
  const file = "file" in source ? (isFileThere ? before.file : newId()) : null;
  const ids = new Map(photo.results.map((result) => [result, before?.ids.get(result) ?? newId()]));
  const row = rowOf(photo, { session, file, ids });
  const change = database.transaction(["photos", "files", "results"], "readwrite");
  const results = change.objectStore("results");
  const steps: Step[] = [() => change.objectStore("photos").put(row)];
  if ("file" in source && file !== null && !isFileThere) {
    steps.push(() => change.objectStore("files").put({ id: file, file: source.file }));
  }
  const unused = before !== undefined && before.file !== file ? before.file : null;
  if (unused !== null) steps.push(() => change.objectStore("files").delete(unused));
  for (const [result, id] of ids) if (!before?.ids.has(result)) steps.push(() => results.put(resultRowOf(id, result)));
  for (const [result, id] of before?.ids ?? []) if (!ids.has(result)) steps.push(() => results.delete(id));
  await wholly(change, steps);
  return { photo, file, ids };
}

/** Writes the order of a session's photos and which is shown; a session without photos leaves nothing. */
export async function writeOrder(
  database: Database,
  id: string,
  order: string[],
  selected: string | null,
): Promise<void> {
  if (order.length === 0) await database.delete("sessions", id);
  else await database.put("sessions", { id, order, selected });
}

export async function removePhoto(database: Database, session: string, { photo, file, ids }: Written): Promise<void> {
  await removeRow(database, rowOf(photo, { session, file, ids }));
}

async function removeRow(database: Database, row: PhotoRow): Promise<void> {
  const change = database.transaction(["photos", "files", "results"], "readwrite");
  const file = fileIdOf(row);
  const steps: Step[] = [() => change.objectStore("photos").delete([row.session, row.id])];
  if (file !== null) steps.push(() => change.objectStore("files").delete(file));
  for (const id of Array.isArray(row.results) ? row.results : []) {
    steps.push(() => change.objectStore("results").delete(id));
  }
  await wholly(change, steps);
}

/** Removes the results of a photo but these: or their loss would be told again at each visit. */
async function removeResults(database: Database, row: PhotoRow, results: string[]): Promise<void> {
  const change = database.transaction(["photos", "results"], "readwrite");
  const gone = row.results.filter((id) => !results.includes(id));
  await wholly(change, [
    () => change.objectStore("photos").put({ ...row, results }),
    ...gone.map((id) => () => change.objectStore("results").delete(id)),
  ]);
}

/** Removes everything of all tabs. */
export async function removeAll(database: Database): Promise<void> {
  const change = database.transaction(TABLES, "readwrite");
  await wholly(
    change,
    TABLES.map((table) => () => change.objectStore(table).clear()),
  );
}

/** Bytes of all files and results, of all tabs. */
export async function bytesOf(database: Database): Promise<number> {
  let bytes = 0;
  const change = database.transaction(["files", "results"]);
  for await (const { value } of change.objectStore("files")) bytes += value.file.size;
  for await (const { value } of change.objectStore("results")) bytes += value.result.blob.size;
  return bytes;
}

type Step = () => Promise<unknown>;

type Change = { done: Promise<void>; error: DOMException | null; abort: () => void };

/** Does all steps, or none of them if one fails. */
async function wholly(change: Change, steps: readonly Step[]): Promise<void> {
  try {
    await Promise.all([...steps.map(async (step) => step()), change.done]);
  } catch (error) {
    const reason = change.error ?? error; // the former says more than that a step was stopped with the others
    try {
      change.abort();
    } catch {
      // the database has done so
    }
    throw reason;
  }
}

/** A row that is there and cannot be read is like one that is missing: the browser gives an error for lost bytes. */
function found<T>(row: Promise<T | undefined>): Promise<T | undefined> {
  return row.catch(() => undefined);
}

function fileIdOf({ source }: PhotoRow): string | null {
  const { file = null } = Object(source) as { file?: string };
  return file;
}
