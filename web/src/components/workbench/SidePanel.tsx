"use client";

import { Suspense, type ComponentProps, type Dispatch, type ReactNode } from "react";
import type { Config } from "@/api/types";
import type { Foresight, ShownFaces } from "@/photos/look";
import type { Options } from "@/photos/options";
import type { Photo } from "@/photos/photo";
import type { Action, State } from "@/photos/reducer";
import { useWords } from "@/words/context";
import { ErrorBoundary } from "@/components/ui/ErrorBoundary";
import { FoundFaces, NextStep, OptionsPanel, ResultPanel } from "./lazyParts";
import styles from "./Workbench.module.css";

type Props = {
  photo: Photo;
  state: State;
  dispatch: Dispatch<Action>;
  config: Config;
  options: Options;
  onOptions: (options: Options) => void;
  shown: ShownFaces;
  foresight: Foresight;
  /** The selected face, and what a person can do with it. */
  ofFaces: Pick<ComponentProps<typeof FoundFaces>, "selectedFace" | "onFace" | "onOverride" | "onUnmark">;
  onCancel: (id: string) => void;
  onKey: (key: string) => void;
  /** At the end of the panel. */
  children: ReactNode;
};

/** Beside the picture: its faces, what became of it, the options, and the buttons for the next step. */
export function SidePanel({ photo, state, dispatch, config, options, shown, foresight, ofFaces, ...others }: Props) {
  const t = useWords();
  const { result } = photo;
  return (
    <div className={styles.right}>
      <ErrorBoundary resetKey={photo.id}>
        <Suspense>
          <aside className={styles.panel} aria-label={t("actions.panel")}>
            {shown.look && (
              <FoundFaces photo={photo} look={shown.look} config={config} strength={options.strength} {...ofFaces} />
            )}
            {result && (
              <ErrorBoundary resetKey={result}>
                <ResultPanel
                  photo={photo}
                  result={result}
                  config={config}
                  options={options}
                  isWithFaces={shown.look === null}
                  {...ofFaces}
                />
              </ErrorBoundary>
            )}
            <OptionsPanel
              options={options}
              config={config}
              size={photo.size}
              isFolded={result !== null}
              onChange={others.onOptions}
            />
            {others.children}
          </aside>
          {photo.refusal === null && (
            <div className={styles.action}>
              <NextStep
                {...{ state, dispatch, photo, options, config, foresight }}
                cancel={others.onCancel}
                onKey={others.onKey}
              />
            </div>
          )}
        </Suspense>
      </ErrorBoundary>
    </div>
  );
}
