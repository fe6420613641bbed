"use client";

import { Suspense, useCallback, useReducer, useState } from "react";
import { useAdding } from "@/hooks/useAdding";
import { useAllowedOptions } from "@/hooks/useAllowedOptions";
import { useConfig } from "@/hooks/useConfig";
import { useFreedPictures } from "@/hooks/useFreedPictures";
import { useLasting } from "@/hooks/useLasting";
import { useLeaving } from "@/hooks/useLeaving";
import { useLook } from "@/hooks/useLook";
import { useRestorer } from "@/hooks/useRestorer";
import { useStored } from "@/hooks/useStored";
import { useTour } from "@/hooks/useTour";
import { acceptOf, FORMATS } from "@/photos/formats";
import { canMark, foresightOf, shownFaces } from "@/photos/look";
import { isLoaded, saveOptions, type Options } from "@/photos/options";
import { isSendable, type FacesKey, type Result } from "@/photos/photo";
import type { Box } from "@/photos/places";
import { makesPreviews } from "@/photos/preview";
import { EMPTY, reduce } from "@/photos/reducer";
import { enlargementOf } from "@/photos/scale";
import { BEFORE_AND_AFTER } from "@/photos/versions";
import { useWords } from "@/words/context";
import { Announcement } from "@/components/notes/Announcement";
import { ErrorBoundary } from "@/components/ui/ErrorBoundary";
import { Filmstrip } from "@/components/strip/Filmstrip";
import { Header } from "./Header";
import { KeptButton } from "@/components/lasting/KeptButton";
import { KeptNotes } from "@/components/lasting/KeptNotes";
import { KeptSetting } from "@/components/lasting/KeptSetting";
import { InstalledApp } from "./InstalledApp";
import { Viewer } from "./lazyParts";
import { TourNote } from "@/components/viewer/TourNote";
import type { ViewerMode } from "@/components/viewer/Viewer";
import { ViewerNotes } from "@/components/notes/ViewerNotes";
import { Welcome } from "@/components/viewer/Welcome";
import { SetsPart } from "./SetsPart";
import { SidePanel } from "./SidePanel";
import styles from "./Workbench.module.css";

/** The whole page: its state, and the layout of its parts. */
export function Workbench() {
  const t = useWords();
  const [state, dispatch] = useReducer(reduce, EMPTY);
  const [key, setKey] = useStored("sessionStorage", "likeness.key");
  const { config, problem, reload } = useConfig(key);
  const cancel = useRestorer(state, dispatch, { key, limits: config?.limits ?? null });
  useFreedPictures(state.photos);
  const isLooking = useLook(state, dispatch, { key, config });
  const [mode, setMode] = useState<ViewerMode>("picture");
  const [sides, setSides] = useState(BEFORE_AND_AFTER);
  const [selection, setSelection] = useState<{ faces: FacesKey; face: number } | null>(null);
  const [isSettingOpen, setSettingOpen] = useState(false);
  const [toolbar, setToolbar] = useState<HTMLElement | null>(null);
  const { photos, options } = state;
  const photo = photos.find(({ id }) => id === state.selected) ?? null;
  const result = photo?.result ?? null;
  const tour = useTour(result !== null);
  // Without its place no face can be shown.
  const faces = photo && result && enlargementOf(photo, result) !== null ? result.facts.faces.length : 0;
  const shown = photo && options && shownFaces(photo, options);
  const selectedFace = selection !== null && selection.faces === shown?.key ? selection.face : null;
  const foresight = photo && options && foresightOf(photo, options, isLooking);
  const accept = acceptOf(config?.limits.media_types ?? Object.keys(FORMATS));

  const setOptions = useCallback((chosen: Options) => {
    dispatch({ type: "options", options: chosen });
    saveOptions(chosen);
  }, []);
  useAllowedOptions(config, options, dispatch);

  const unselectFace = useCallback(() => setSelection(null), []);
  // Shows that the server cannot be reached, and tries again until it can.
  const adding = useAdding(dispatch, { config, onUnreachable: reload, onAdded: unselectFace });
  const remove = (id: string) => {
    cancel(id);
    dispatch({ type: "removed", id });
    adding.forgetRefused();
    if (id === state.selected) setSelection(null);
  };
  const lasting = useLasting(state, dispatch, { config, onEmptied: () => photos.forEach(({ id }) => remove(id)) });
  useLeaving(photos, lasting.isKept);
  const select = (id: string) => {
    dispatch({ type: "selected", id });
    unselectFace();
  };
  const selectFace = (face: number) => {
    setSelection(face === selectedFace || !shown ? null : { faces: shown.key, face });
  };

  const adopt = ({ request }: Result) => {
    if (photo !== null) dispatch({ type: "adopted", id: photo.id, request });
    saveOptions(request.options);
  };

  const setBoxes = (boxes: readonly Box[]) => {
    if (photo !== null) dispatch({ type: "marked", id: photo.id, boxes });
    setSelection(null); // or the card would open again once a box is drawn and removed
  };
  const onBoxes = config !== null && canMark(config) && (photo === null || isSendable(photo)) ? setBoxes : null;
  const unmark = (box: number) => photo && setBoxes(photo.boxes.filter((_, index) => index !== box));
  const ofFaces = {
    selectedFace,
    onFace: selectFace,
    onOverride: (face: number, strength: number | null) => {
      if (photo && shown) dispatch({ type: "overridden", id: photo.id, faces: shown.key, face, strength });
    },
    onUnmark: onBoxes && unmark,
  };

  const enterKey = (entered: string) => {
    setKey(entered);
    dispatch({ type: "unlocked" });
  };

  return (
    <div className={`${styles.page} ${photo === null ? styles.empty : ""}`} data-hint={tour.hint ?? undefined}>
      <Header
        mode={faces > 0 ? mode : null}
        faces={faces}
        onMode={setMode}
        onHints={result === null ? null : tour.restart}
      />
      <div className={styles.left}>
        <main className={styles.main}>
          {photo !== null && <h2 className="visually-hidden">{photo.name}</h2>}
          <ViewerNotes
            problem={problem}
            isLoading={config !== null && !isLoaded(config)}
            onReload={reload}
            // The viewer itself says why the shown photo was refused.
            refused={adding.refused.filter(({ id }) => id !== photo?.id)}
            onRead={adding.forgetRefused}
            letGo={photo?.letGo ?? 0}
            work={photo?.work ?? null}
            course={photo?.course ?? null}
          >
            {photo !== null && <KeptNotes fault={lasting.fault} lost={lasting.lost} />}
          </ViewerNotes>
          <TourNote {...tour} />
          <div className={styles.table}>
            {photo === null ? (
              <Welcome
                config={config}
                accept={accept}
                isWaiting={adding.isSampleAsked && config === null && problem === null}
                onFiles={adding.add}
                onAddress={adding.addAddress}
                onSample={adding.addSample}
              >
                <KeptButton lasting={lasting} onOpen={() => setSettingOpen(true)} />
              </Welcome>
            ) : (
              <ErrorBoundary resetKey={result ?? photo.id}>
                <Suspense fallback={<div className={styles.coming} />}>
                  <Viewer
                    photo={photo}
                    mode={mode}
                    sides={sides}
                    onSides={setSides}
                    faces={shown?.faces ?? []}
                    isOfResult={shown !== null && shown.look === null && shown.isCurrent}
                    selectedFace={selectedFace}
                    onFace={selectFace}
                    onBoxes={onBoxes}
                    onResult={(other) => dispatch({ type: "shown", id: photo.id, result: other })}
                    onSettings={adopt}
                    toolbar={toolbar}
                    isAwaited={isLooking && config !== null && makesPreviews(config)}
                  />
                </Suspense>
              </ErrorBoundary>
            )}
          </div>
          {adding.isOver && (
            <p className={styles.over} aria-hidden="true">
              {t("intake.drop")}
            </p>
          )}
        </main>
        {config !== null && (
          <SetsPart
            state={state}
            dispatch={dispatch}
            config={config}
            apiKey={key}
            onKey={enterKey}
            onSelect={select}
            onAdded={adding.added}
          />
        )}
        {photo !== null && (
          <div className={styles.foot}>
            <Filmstrip
              photos={photos}
              selected={state.selected}
              accept={accept}
              onSelect={select}
              onRemove={remove}
              onFiles={adding.add}
              onAddress={adding.addAddress}
            />
            <section ref={setToolbar} className={styles.toolbar} aria-label={t("actions.view")} />
          </div>
        )}
      </div>
      {photo && config && options && shown && foresight && (
        <SidePanel
          photo={photo}
          state={state}
          dispatch={dispatch}
          config={config}
          options={options}
          onOptions={setOptions}
          shown={shown}
          foresight={foresight}
          ofFaces={ofFaces}
          onCancel={cancel}
          onKey={enterKey}
        >
          <KeptButton lasting={lasting} onOpen={() => setSettingOpen(true)} />
        </SidePanel>
      )}
      <KeptSetting lasting={lasting} isOpen={isSettingOpen} onClose={() => setSettingOpen(false)} />
      <InstalledApp isReady={config !== null} onFiles={adding.add} />
      <Announcement photo={photo} foreseen={isLooking ? null : (foresight?.facts ?? null)} />
    </div>
  );
}
