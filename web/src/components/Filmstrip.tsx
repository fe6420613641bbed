"use client";

import { isBusy, isRetrying, type Photo } from "@/photos/photo";
import { Chooser } from "./Chooser";
import { Icon } from "./Icon";
import styles from "./Filmstrip.module.css";

type Props = {
  photos: readonly Photo[];
  selected: string | null;
  accept: string;
  onSelect: (id: string) => void;
  onRemove: (id: string) => void;
  onFiles: (files: File[]) => void;
};

/** All photos, small. */
export function Filmstrip({ photos, selected, accept, onSelect, onRemove, onFiles }: Props) {
  return (
    <nav className={styles.strip} aria-label="Photos">
      <ul className={styles.list}>
        {photos.map((photo) => (
          <li key={photo.id} className={styles.item}>
            <button
              type="button"
              className={styles.photo}
              aria-pressed={photo.id === selected}
              aria-label={`${photo.file.name}, ${stateOf(photo)}`}
              title={photo.file.name}
              onClick={() => onSelect(photo.id)}
            >
              {photo.refusal === null ? (
                <img className={styles.picture} src={photo.result?.url ?? photo.url} alt="" draggable={false} />
              ) : (
                <Icon name="warning" />
              )}
              <span className={`${styles.state} ${styles[stateOf(photo)]}`} aria-hidden="true" />
            </button>
            <button
              type="button"
              className={styles.remove}
              aria-label={`Remove ${photo.file.name}`}
              onClick={() => onRemove(photo.id)}
            >
              <Icon name="close" size={14} />
            </button>
          </li>
        ))}
      </ul>
      <div className={styles.add}>
        <Chooser accept={accept} onFiles={onFiles} compact />
      </div>
    </nav>
  );
}

function stateOf(photo: Photo): "refused" | "working" | "waiting" | "failed" | "done" | "new" {
  if (photo.refusal !== null) return "refused";
  if (photo.work.phase === "active") return "working";
  if (isBusy(photo) || isRetrying(photo)) return "waiting";
  if (photo.work.phase === "failed") return "failed";
  return photo.result === null ? "new" : "done";
}
