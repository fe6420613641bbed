/** The browser's database of photos and their results: its tables and its versions. */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { FacesKey, KnownFaces, Overrides, Request, Result, Size } from "@/photos/photo";
import type { Box } from "@/photos/places";

const NAME = "likeness";

/** What one tab of the page shows. */
export type SessionRow = { id: string; order: string[]; selected: string | null };

/** A photo without what is large: its file and its results have tables of their own, so that each is written once. */
export type PhotoRow = {
  session: string;
  id: string;
  name: string;
  source: { file: string } | { address: string } | { job: string };
  size: Size | null;
  requireFace: boolean;
  boxes: readonly Box[];
  overrides: Readonly<Record<FacesKey, Overrides>>;
  faces: KnownFaces | null;
  /** The result that the server keeps, of a photo of a set; null: there is none, or it has been fetched. */
  kept: { request: Request; job: string; seconds: number } | null;
  /** Ids of its results, oldest first. */
  results: string[];
  /** Which of them is shown. */
  shown: string | null;
  letGo: number;
};

/** Some browsers give back a blob for a file; its name is that of the photo. */
export type FileRow = { id: string; file: Blob };

/** A result without its URL, which ends with the page. */
export type ResultRow = { id: string; result: Omit<Result, "url"> };

export interface Tables extends DBSchema {
  sessions: { key: string; value: SessionRow };
  photos: { key: [session: string, id: string]; value: PhotoRow };
  files: { key: string; value: FileRow };
  results: { key: string; value: ResultRow };
}

export type Database = IDBPDatabase<Tables>;

export const TABLES = ["sessions", "photos", "files", "results"] as const;

/** What leads from each version to the next, beginning with none. To change the tables, add a function; never alter one. */
const UPGRADES: readonly ((database: Database) => void)[] = [
  (database) => {
    database.createObjectStore("photos", { keyPath: ["session", "id"] });
    for (const table of ["sessions", "files", "results"] as const) database.createObjectStore(table, { keyPath: "id" });
  },
];

type Events = {
  /** A newer version of the page, in another tab, has asked for the database, which is closed therefore. */
  onNewer: () => void;
  /** The browser has closed the database by itself, as it does when its data is deleted. */
  onLost: () => void;
};

/** Opens the database, and makes or changes its tables where needed. */
export async function openDatabase({ onNewer, onLost }: Events): Promise<Database> {
  const database: Database = await openDB<Tables>(NAME, UPGRADES.length, {
    upgrade: (opened, from) => UPGRADES.slice(from).forEach((change) => change(opened)),
    blocking: () => {
      database.close();
      onNewer();
    },
    terminated: onLost,
  });
  return database;
}

/** All keys of a session's photos. An array is after every text. */
export function photosOf(session: string): IDBKeyRange {
  return IDBKeyRange.bound([session], [session, []]);
}
