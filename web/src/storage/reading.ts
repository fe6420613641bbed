/** Photos of rows. A row may be damaged, or of a page that has written it otherwise: then it gives no photo. */
import type { Config } from "@/api/types";
import { allowedOptions } from "@/photos/options";
import { newPhoto, type Photo, type Request, type Result, type Source } from "@/photos/photo";
import { jobsOf } from "@/photos/sets";
import { uprightOf } from "@/photos/upright";
import type { FileRow, PhotoRow, ResultRow } from "./database";

/** A photo, and the ids of its results. */
export type ReadPhoto = { photo: Photo; ids: Map<Result, string> };

type Rows = { file: FileRow | undefined; results: (ResultRow | undefined)[] };

/** The photo of a row; null if there is nothing left to show of it. */
export async function photoFrom(row: PhotoRow, { file, results }: Rows, config: Config): Promise<ReadPhoto | null> {
  if (!isPhotoRow(row)) return null;
  const source = "file" in row.source ? await fileFrom(row.name, file) : row.source;
  if (source === null) return null;
  const ids = new Map<Result, string>();
  for (const found of results) {
    const result = await resultFrom(found, config);
    if (result !== null && found !== undefined) ids.set(result, found.id);
  }
  const kept = jobsOf(config) === null ? null : row.kept;
  if ("job" in source && ids.size === 0 && kept === null) return null;
  const { id, name, size, requireFace, boxes, overrides, faces, letGo } = row;
  const url = size === null ? "" : await urlOf(source);
  const read = [...ids.keys()];
  const result = read.find((one) => ids.get(one) === row.shown) ?? read.at(-1) ?? null;
  const photo: Photo = {
    ...newPhoto({ id, name, source, url, size, refusal: null }),
    ...{ requireFace, boxes, overrides, faces, result, results: read, letGo },
    ...(kept && { work: { phase: "kept", ...kept, request: complete(kept.request, config), problem: null } }),
  };
  return { photo, ids };
}

async function fileFrom(name: string, row: FileRow | undefined): Promise<Source | null> {
  const file: unknown = row?.file;
  if (!(file instanceof Blob) || !(await isReadable(file))) return null;
  return { file: file instanceof File ? file : new File([file], name, { type: file.type }) };
}

async function resultFrom(row: ResultRow | undefined, config: Config): Promise<Result | null> {
  const result: unknown = row?.result;
  if (!isResult(result) || !(await isReadable(result.blob))) return null;
  return { ...result, url: URL.createObjectURL(result.blob), request: complete(result.request, config) };
}

async function urlOf(source: Source): Promise<string> {
  if (!("file" in source)) return "";
  return URL.createObjectURL(await uprightOf(source.file).catch(() => source.file));
}

/** A page of another version may not have known all options. */
function complete(request: Request, config: Config): Request {
  return { ...request, options: { ...allowedOptions({}, config), ...request.options } };
}

/** The browser may have the row and no longer the bytes. */
function isReadable(blob: Blob): Promise<boolean> {
  return blob
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}

function isPhotoRow(value: unknown): value is PhotoRow {
  const { id, name, source, boxes, overrides, results, kept } = Object(value) as Partial<PhotoRow>;
  const isNamed = typeof id === "string" && typeof name === "string";
  const isWhole = isObject(source) && isObject(overrides);
  return isNamed && isWhole && Array.isArray(boxes) && Array.isArray(results) && (!kept || isRequest(kept.request));
}

function isResult(value: unknown): value is Omit<Result, "url"> {
  const { blob, facts, request, seconds } = Object(value) as Partial<Result>;
  const isOfPicture = blob instanceof Blob && isObject(facts) && Array.isArray(facts.faces);
  return isOfPicture && isRequest(request) && typeof seconds === "number";
}

function isRequest(value: unknown): value is Request {
  const { options, overrides, boxes } = Object(value) as Partial<Request>;
  return isObject(options) && isObject(overrides) && Array.isArray(boxes);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
