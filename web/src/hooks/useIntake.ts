"use client";

import { useCallback, useEffect, useRef } from "react";
import type { Limits } from "@/api/types";
import { refusalOf, sizeRefusalOf } from "@/photos/check";
import { uprightOf } from "@/photos/upright";
import { newPhoto, type Photo } from "@/photos/photo";
import { sizeOf } from "@/photos/size";

const UNREAD = "This cannot be read. Folders cannot be added, only the photos in them.";

/** Makes photos of files and checks them against the server's limits. Files wait until the limits are known. */
export function useIntake(limits: Limits | null, onPhotos: (photos: Photo[]) => void): (files: File[]) => void {
  const early = useRef<File[]>([]);
  const count = useRef(0);

  const take = useCallback(
    async (files: File[], known: Limits) => {
      const photos = files.map((file) => photoOf(`photo-${(count.current += 1)}`, file, known));
      if (photos.length > 0) onPhotos(await Promise.all(photos));
    },
    [onPhotos],
  );

  useEffect(() => {
    if (limits !== null) void take(early.current.splice(0), limits);
  }, [limits, take]);

  return useCallback(
    (files: File[]) => {
      if (limits === null) early.current.push(...files);
      else void take(files, limits);
    },
    [limits, take],
  );
}

async function photoOf(id: string, file: File, limits: Limits): Promise<Photo> {
  const refusal = await refusalOf(file, limits).catch(() => UNREAD);
  if (refusal !== null) return newPhoto({ id, file, url: "", size: null, refusal });
  const url = URL.createObjectURL(await uprightOf(file).catch(() => file));
  const size = await sizeOf(url);
  return newPhoto({ id, file, url, size, refusal: size && sizeRefusalOf(size, limits) });
}
