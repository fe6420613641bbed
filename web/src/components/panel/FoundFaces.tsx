"use client";

import type { Config } from "@/api/types";
import { useFaceKeys } from "@/hooks/useFaceKeys";
import { facesInWords } from "@/photos/estimate";
import { strengthOf, type Look } from "@/photos/look";
import type { Photo } from "@/photos/photo";
import { markedFaces, placesOf } from "@/photos/places";
import { useWords } from "@/words/context";
import { FoundFace } from "./FoundFace";
import styles from "./FoundFaces.module.css";

type Props = {
  photo: Photo;
  look: Look;
  config: Config;
  /** The strength for all faces. */
  strength: number;
  selectedFace: number | null;
  onFace: (face: number) => void;
  onOverride: (face: number, strength: number | null) => void;
  /** Removes a box that a person has drawn; null: the server takes none. */
  onUnmark: ((box: number) => void) | null;
};

/** The faces that a look has found, and how each is to be restored. */
export function FoundFaces({ photo, look, config, strength, selectedFace, onFace, onOverride, onUnmark }: Props) {
  const t = useWords();
  const faces = look.facts?.faces ?? [];
  const { list, onKeyDown } = useFaceKeys<HTMLDivElement>(faces.length, selectedFace, onFace);
  const overrides = photo.overrides[look.faces] ?? {};
  const marked = markedFaces(photo.boxes, placesOf(faces));
  return (
    <section aria-labelledby="found">
      <h2 id="found" className={styles.title}>
        {facesInWords(faces, t)}
      </h2>
      {faces.length > 0 && (
        <div ref={list} className={styles.faces} onKeyDown={onKeyDown}>
          {faces.map((face, index) => (
            <FoundFace
              key={index}
              face={face}
              number={index + 1}
              strength={strengthOf(index, face, look, overrides, strength)}
              all={strength}
              override={overrides[index]}
              bounds={config.limits.strength}
              isSelected={index === selectedFace}
              onSelect={() => onFace(index)}
              onOverride={(chosen) => onOverride(index, chosen)}
              onUnmark={onUnmark && marked.includes(index) ? () => onUnmark(marked.indexOf(index)) : null}
            />
          ))}
        </div>
      )}
      {onUnmark && photo.size !== null && (
        <p className={styles.hint}>{t(faces.length === 0 ? "look.hint.none" : "look.hint.more")}</p>
      )}
    </section>
  );
}
