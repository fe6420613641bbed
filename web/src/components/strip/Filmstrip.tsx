"use client";

import { useEffect, useRef } from "react";
import { isBusy, type Photo } from "@/photos/photo";
import { useWords } from "@/words/context";
import { AddressButton } from "@/components/ui/AddressButton";
import { Chooser } from "@/components/ui/Chooser";
import { Icon, type IconName } from "@/components/ui/Icon";
import styles from "./Filmstrip.module.css";

type Props = {
  photos: readonly Photo[];
  selected: string | null;
  accept: string;
  onSelect: (id: string) => void;
  onRemove: (id: string) => void;
  onFiles: (files: File[]) => void;
  /** Takes the address of a photo; null: this server fetches none. */
  onAddress: ((text: string) => boolean) | null;
};

/** Thumbnails of all photos. */
export function Filmstrip({ photos, selected, accept, onSelect, onRemove, onFiles, onAddress }: Props) {
  const t = useWords();
  const strip = useRef<HTMLElement>(null);
  const count = useRef(photos.length);
  useEffect(() => {
    // Removing a photo also removes the focused button; move the focus to the shown photo.
    const isLost = photos.length < count.current && document.activeElement === document.body;
    count.current = photos.length;
    if (isLost) strip.current?.querySelector<HTMLElement>("[aria-pressed='true']")?.focus({ preventScroll: true });
  }, [photos.length]);
  return (
    <nav ref={strip} className={styles.strip} aria-label={t("strip.label")}>
      <ul className={styles.list}>
        {photos.map((photo) => (
          <li key={photo.id} className={styles.item}>
            <button
              type="button"
              className={styles.photo}
              aria-pressed={photo.id === selected}
              aria-label={t("strip.photo", { name: photo.name, state: stateOf(photo) })}
              title={photo.name}
              onClick={() => onSelect(photo.id)}
            >
              <Thumbnail photo={photo} />
              <Mark state={stateOf(photo)} />
            </button>
            <button
              type="button"
              className={styles.remove}
              aria-label={t("strip.remove", { name: photo.name })}
              onClick={() => onRemove(photo.id)}
            >
              <Icon name="close" size={14} />
            </button>
          </li>
        ))}
      </ul>
      <div className={styles.add}>
        <Chooser accept={accept} onFiles={onFiles} compact />
        {onAddress && <AddressButton onAddress={onAddress} />}
      </div>
    </nav>
  );
}

/** The photo; of one that the browser cannot show the result, and without that an icon. */
function Thumbnail({ photo }: { photo: Photo }) {
  const { url: resultUrl, isShown = false } = photo.result ?? {};
  const url = photo.size !== null ? photo.url : isShown ? resultUrl : undefined;
  if (photo.refusal !== null) return <Icon name="warning" />;
  if (url !== undefined) return <img className={styles.picture} src={url} alt="" draggable={false} />;
  return (
    <span className={styles.unshown}>
      <Icon name="photo" />
    </span>
  );
}

type State = "refused" | "working" | "waiting" | "failed" | "done" | "new";

const MARKS: Partial<Record<State, IconName>> = { working: "more", waiting: "clock", failed: "alert", done: "check" };

/** The state of a photo, by colour and by shape. */
function Mark({ state }: { state: State }) {
  const icon = MARKS[state];
  return (
    icon && (
      <span className={`${styles.state} ${styles[state]}`}>
        <Icon name={icon} size={12} />
      </span>
    )
  );
}

function stateOf(photo: Photo): State {
  if (photo.refusal !== null) return "refused";
  const { work } = photo;
  if (work.phase === "active" || (work.phase === "batched" && work.progress.phase !== "waiting")) return "working";
  if (isBusy(photo)) return "waiting";
  if (work.phase === "failed") return "failed";
  return photo.result === null && work.phase !== "kept" ? "new" : "done";
}
