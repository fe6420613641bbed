"use client";

import { useCallback, useEffect, useRef } from "react";
import type { Limits } from "@/api/types";
import { nameOf } from "@/photos/address";
import { refusalOf, sizeRefusalOf, takesAddresses } from "@/photos/check";
import { newId } from "@/photos/id";
import { uprightOf } from "@/photos/upright";
import { newPhoto, type Photo } from "@/photos/photo";
import { sizeOf } from "@/photos/size";
import type { Message } from "@/words/words";

const UNFETCHED: Message = { key: "intake.noAddresses" };
const UNREAD: Message = { key: "intake.unread" };

/** What a person adds: a file, or the address of a photo. */
export type Item = File | string;

/** Makes photos of items and checks them against the server's limits. Items wait until the limits are known. */
export function useIntake(limits: Limits | null, onPhotos: (photos: Photo[]) => void): (items: Item[]) => void {
  const early = useRef<Item[]>([]);

  const take = useCallback(
    async (items: Item[], known: Limits) => {
      const photos = items.map((item) => photoOf(newId(), item, known));
      if (photos.length > 0) onPhotos(await Promise.all(photos));
    },
    [onPhotos],
  );

  useEffect(() => {
    if (limits !== null) void take(early.current.splice(0), limits);
  }, [limits, take]);

  return useCallback(
    (items: Item[]) => {
      if (limits === null) early.current.push(...items);
      else void take(items, limits);
    },
    [limits, take],
  );
}

async function photoOf(id: string, item: Item, limits: Limits): Promise<Photo> {
  if (typeof item !== "string") return photoOfFile(id, item, limits);
  const refusal = takesAddresses(limits) ? null : UNFETCHED;
  return newPhoto({ id, name: nameOf(item), source: { address: item }, url: "", size: null, refusal });
}

async function photoOfFile(id: string, file: File, limits: Limits): Promise<Photo> {
  const known = { id, name: file.name, source: { file } };
  const refusal = await refusalOf(file, limits).catch(() => UNREAD);
  if (refusal !== null) return newPhoto({ ...known, url: "", size: null, refusal });
  const url = URL.createObjectURL(await uprightOf(file).catch(() => file));
  const size = await sizeOf(url);
  if (size !== null) return newPhoto({ ...known, url, size, refusal: sizeRefusalOf(size, limits) });
  URL.revokeObjectURL(url);
  return newPhoto({ ...known, url: "", size, refusal: null }); // useLook asks the server how it looks
}
