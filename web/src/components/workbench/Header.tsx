"use client";

import { API_URL } from "@/api/client";
import { useStored } from "@/hooks/useStored";
import { useWords } from "@/words/context";
import { Button } from "@/components/ui/Button";
import styles from "./Header.module.css";
import { LanguageChoice } from "./LanguageChoice";
import type { ViewerMode } from "@/components/viewer/Viewer";

type Props = {
  /** Null if there are no faces to switch to. */
  mode: ViewerMode | null;
  faces: number;
  onMode: (mode: ViewerMode) => void;
  /** Shows the hints again; null: there is nothing yet that they could name. */
  onHints: (() => void) | null;
};

export function Header({ mode, faces, onMode, onHints }: Props) {
  const t = useWords();
  return (
    <header className={styles.header}>
      <h1 className={styles.name}>Likeness</h1>
      {mode !== null && (
        <div className={styles.views} role="group" aria-label={t("header.show")}>
          <Button kind="bare" icon="photo" aria-pressed={mode === "picture"} onClick={() => onMode("picture")}>
            {t("header.picture")}
          </Button>
          <Button kind="bare" icon="faces" aria-pressed={mode === "faces"} onClick={() => onMode("faces")}>
            {t("header.faces", { count: faces })}
          </Button>
        </div>
      )}
      <div className={styles.right}>
        {onHints && (
          <Button kind="bare" icon="question" iconOnly title={t("tour.again")} onClick={onHints}>
            {t("tour.again")}
          </Button>
        )}
        <LanguageChoice />
        <ThemeButton />
        <a className={styles.link} href={`${API_URL}/docs`} target="_blank" rel="noopener">
          API
        </a>
      </div>
    </header>
  );
}

/** Switches between light and dark. */
function ThemeButton() {
  const t = useWords();
  const [, setTheme] = useStored("localStorage", "likeness.theme");
  const turn = () => {
    const root = document.documentElement;
    const system = window.matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
    const theme = (root.dataset.theme ?? system) === "light" ? "dark" : "light";
    if (theme === system)
      delete root.dataset.theme; // follow the system's theme again
    else root.dataset.theme = theme;
    setTheme(theme === system ? null : theme);
  };
  return (
    <Button kind="bare" icon="moon" iconOnly title={t("header.theme")} onClick={turn}>
      {t("header.theme")}
    </Button>
  );
}
