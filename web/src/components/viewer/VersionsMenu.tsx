"use client";

import { useId, useRef, type ReactNode, type ToggleEvent } from "react";
import { MOST_RESULTS, numberOf } from "@/photos/history";
import type { Photo, Result } from "@/photos/photo";
import { AFTER, type Pictures } from "@/photos/versions";
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import { useLanguage } from "@/words/context";
import styles from "./VersionsMenu.module.css";

type Props = {
  photo: Photo;
  pictures: Pictures;
  onResult: (result: Result) => void;
  /** Chooses the settings again that made a result. */
  onSettings: (result: Result) => void;
  /** The choice of what is compared. */
  children: ReactNode;
};

const MARGIN = 8; // CSS pixels around the menu

/** A button that opens the list of all results of the photo, the newest first. */
export function VersionsMenu({ photo, pictures, onResult, onSettings, children }: Props) {
  const { t, locale } = useLanguage();
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const { result: shown, results, letGo } = photo;
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const place = (event: ToggleEvent<HTMLDivElement>) => {
    if (event.newState === "open" && opener.current) putAbove(opener.current, event.currentTarget);
  };
  return (
    <>
      <Button ref={opener} kind="bare" icon="layers" iconOnly title={t("viewer.history.title")} popoverTarget={id}>
        {t("viewer.history.title")}
      </Button>
      <div
        id={id}
        popover="auto"
        className={styles.menu}
        role="group"
        aria-label={t("viewer.history.name")}
        onToggle={place}
      >
        <h3 className={styles.title}>{t("viewer.history.title")}</h3>
        <ul className={styles.list}>
          {results.toReversed().map((result) => {
            const isShown = result === shown;
            const version = isShown ? AFTER : result.url;
            return (
              <li key={result.url}>
                <button
                  type="button"
                  className={styles.result}
                  aria-pressed={isShown}
                  aria-label={`${pictures.find((one) => one.version === version)?.words ?? numberOf(photo, result)}, ${time.format(result.at)}`}
                  onClick={() => onResult(result)}
                >
                  <span className={styles.check}>{isShown && <Icon name="check" size={16} />}</span>
                  <span>{pictures.find((one) => one.version === version)?.words}</span>
                  <time className={styles.time}>{time.format(result.at)}</time>
                </button>
              </li>
            );
          })}
        </ul>
        {letGo > 0 && <p className={styles.hint}>{t("viewer.history.letGo", { count: letGo, most: MOST_RESULTS })}</p>}
        {shown && (
          <Button popoverTarget={id} popoverTargetAction="hide" onClick={() => onSettings(shown)}>
            {t("viewer.history.settings")}
          </Button>
        )}
        {children}
      </div>
    </>
  );
}

/** Puts the menu above its button, within the window. Narrow windows show it at their end, see the stylesheet. */
function putAbove(opener: HTMLElement, menu: HTMLElement): void {
  const { left, top, width } = opener.getBoundingClientRect();
  const most = window.innerWidth - menu.offsetWidth - MARGIN;
  const start = Math.max(MARGIN, Math.min(most, left + (width - menu.offsetWidth) / 2));
  menu.style.setProperty("--menu-left", `${start}px`);
  menu.style.setProperty("--menu-bottom", `${window.innerHeight - top + MARGIN}px`);
}
