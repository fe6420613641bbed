"use client";

import { Suspense, type ComponentProps, type Dispatch, type ReactNode } from "react";
import type { Config } from "@/api/types";
import type { Foresight, ShownFaces } from "@/photos/look";
import type { Options } from "@/photos/options";
import type { Photo } from "@/photos/photo";
import type { Action, State } from "@/photos/reducer";
import { useWords } from "@/words/context";
import { RoundNote } from "@/components/notes/RoundNote";
import { ErrorBoundary } from "./ErrorBoundary";
import { ActionBar, FoundFaces, OptionsPanel, ResultPanel } from "./lazyParts";
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

/** Beside the picture: its faces, options and figures, and the buttons for the next step. */
export function SidePanel({ photo, state, dispatch, config, options, shown, foresight, ofFaces, ...others }: Props) {
  const t = useWords();
  const { result } = photo;
  return (
    <div className={styles.right}>
      <Suspense>
        <aside className={styles.panel} aria-label={t("actions.panel")}>
          {shown.look && (
            <FoundFaces photo={photo} look={shown.look} config={config} strength={options.strength} {...ofFaces} />
          )}
          <OptionsPanel
            options={options}
            config={config}
            size={photo.size}
            isFolded={result !== null}
            onChange={others.onOptions}
          />
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
          {others.children}
        </aside>
        {photo.refusal === null && (
          <div className={styles.action}>
            <RoundNote round={state.round} photos={state.photos} />
            <ActionBar
              photo={photo}
              photos={state.photos}
              options={options}
              config={config}
              foresight={foresight}
              onRestore={(ids) => dispatch({ type: "requested", ids })}
              onTogether={(ids) => dispatch({ type: "batched", ids })}
              onCancel={(ids) => ids.forEach(others.onCancel)}
              onWithoutFaces={() => {
                dispatch({ type: "faces not required", id: photo.id });
                dispatch({ type: "requested", ids: [photo.id] });
              }}
              onKey={others.onKey}
            />
          </div>
        )}
      </Suspense>
    </div>
  );
}
