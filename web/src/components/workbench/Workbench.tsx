"use client";

import { useCallback, useReducer, useState } from "react";
import { useAllowedOptions } from "@/hooks/useAllowedOptions";
import { useDropAndPaste } from "@/hooks/useDropAndPaste";
import { useConfig } from "@/hooks/useConfig";
import { useFreedPictures } from "@/hooks/useFreedPictures";
import { useIntake } from "@/hooks/useIntake";
import { useLook } from "@/hooks/useLook";
import { useRestorer } from "@/hooks/useRestorer";
import { useStored } from "@/hooks/useStored";
import { typedAddress } from "@/photos/address";
import { takesAddresses } from "@/photos/check";
import { acceptOf, FORMATS } from "@/photos/formats";
import { canMark, foresightOf, shownFaces } from "@/photos/look";
import { isLoaded, saveOptions, type Options } from "@/photos/options";
import { isSendable, type FacesKey, type Photo } from "@/photos/photo";
import type { Box } from "@/photos/places";
import { makesPreviews } from "@/photos/preview";
import { EMPTY, reduce } from "@/photos/reducer";
import { enlargementOf } from "@/photos/scale";
import { BEFORE_AND_AFTER } from "@/photos/versions";
import { useWords } from "@/words/context";
import { ActionBar } from "./ActionBar";
import { Announcement } from "@/components/notes/Announcement";
import { ErrorBoundary } from "./ErrorBoundary";
import { Filmstrip } from "@/components/strip/Filmstrip";
import { Header } from "./Header";
import { InstalledApp } from "./InstalledApp";
import { FoundFaces } from "@/components/panel/FoundFaces";
import { OptionsPanel } from "@/components/panel/OptionsPanel";
import { ResultPanel } from "@/components/panel/ResultPanel";
import { Viewer, type ViewerMode } from "@/components/viewer/Viewer";
import { RoundNote } from "@/components/notes/RoundNote";
import { ViewerNotes } from "@/components/notes/ViewerNotes";
import { Welcome } from "@/components/viewer/Welcome";
import { SetsPart } from "./SetsPart";
import styles from "./Workbench.module.css";

const SAMPLE = "/sample.jpg";

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
  const [refused, setRefused] = useState<Photo[]>([]);
  const [toolbar, setToolbar] = useState<HTMLElement | null>(null);

  const { photos, options } = state;
  const photo = photos.find(({ id }) => id === state.selected) ?? null;
  const result = photo?.result ?? null;
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

  const added = useCallback((more: Photo[]) => {
    dispatch({ type: "added", photos: more });
    setRefused(more.filter(({ refusal }) => refusal !== null));
    setSelection(null);
  }, []);
  const add = useIntake(config?.limits ?? null, added);
  const fetches = takesAddresses(config?.limits ?? {});
  const isOver = useDropAndPaste(add, fetches);
  const addAddress = (text: string) => {
    const address = typedAddress(text);
    if (address !== null) add([address]);
    return address !== null;
  };
  const addSample = () => {
    fetch(SAMPLE)
      .then((answer) => (answer.ok ? answer.blob() : Promise.reject(new Error(answer.statusText))))
      .then((blob) => add([new File([blob], "sample.jpg", { type: "image/jpeg" })]))
      .catch(reload); // shows that the server cannot be reached, and tries again until it can
  };
  const remove = (id: string) => {
    cancel(id);
    dispatch({ type: "removed", id });
    setRefused([]);
    if (id === state.selected) setSelection(null);
  };
  const select = (id: string) => {
    dispatch({ type: "selected", id });
    setSelection(null);
  };
  const selectFace = (face: number) => {
    setSelection(face === selectedFace || !shown ? null : { faces: shown.key, face });
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
    <div className={`${styles.page} ${photo === null ? styles.empty : ""}`}>
      <Header mode={faces > 0 ? mode : null} faces={faces} onMode={setMode} />
      <div className={styles.left}>
        <main className={styles.table}>
          {photo !== null && <h2 className="visually-hidden">{photo.name}</h2>}
          {photo === null ? (
            <Welcome
              config={config}
              accept={accept}
              onFiles={add}
              onAddress={fetches ? addAddress : null}
              onSample={addSample}
            />
          ) : (
            <ErrorBoundary resetKey={result ?? photo.id}>
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
                toolbar={toolbar}
                isAwaited={isLooking && config !== null && makesPreviews(config)}
              />
            </ErrorBoundary>
          )}
          <ViewerNotes
            problem={problem}
            isLoading={config !== null && !isLoaded(config)}
            onReload={reload}
            // The viewer itself says why the shown photo was refused.
            refused={refused.filter(({ id }) => id !== photo?.id)}
            onRead={() => setRefused([])}
            work={photo?.work ?? null}
            course={photo?.course ?? null}
          />
          {isOver && (
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
            onAdded={added}
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
              onFiles={add}
              onAddress={fetches ? addAddress : null}
            />
            <section ref={setToolbar} className={styles.toolbar} aria-label={t("actions.view")} />
          </div>
        )}
      </div>
      {photo !== null && config !== null && options !== null && (
        <div className={styles.right}>
          <aside className={styles.panel} aria-label={t("actions.panel")}>
            {shown?.look && (
              <FoundFaces photo={photo} look={shown.look} config={config} strength={options.strength} {...ofFaces} />
            )}
            <OptionsPanel
              options={options}
              config={config}
              size={photo.size}
              isFolded={result !== null}
              onChange={setOptions}
            />
            {result && (
              <ErrorBoundary resetKey={result}>
                <ResultPanel
                  photo={photo}
                  result={result}
                  config={config}
                  options={options}
                  isWithFaces={shown?.look === null}
                  {...ofFaces}
                />
              </ErrorBoundary>
            )}
          </aside>
          {photo.refusal === null && foresight && (
            <div className={styles.action}>
              <RoundNote round={state.round} photos={photos} />
              <ActionBar
                photo={photo}
                photos={photos}
                options={options}
                config={config}
                foresight={foresight}
                onRestore={(ids) => dispatch({ type: "requested", ids })}
                onTogether={(ids) => dispatch({ type: "batched", ids })}
                onCancel={(ids) => ids.forEach(cancel)}
                onWithoutFaces={() => {
                  dispatch({ type: "faces not required", id: photo.id });
                  dispatch({ type: "requested", ids: [photo.id] });
                }}
                onKey={enterKey}
              />
            </div>
          )}
        </div>
      )}
      <InstalledApp isReady={config !== null} onFiles={add} />
      <Announcement photo={photo} foreseen={isLooking ? null : (foresight?.facts ?? null)} />
    </div>
  );
}
