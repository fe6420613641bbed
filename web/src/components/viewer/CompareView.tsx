"use client";

import { useMemo, useState, type ReactNode } from "react";
import { useCompareMode } from "@/hooks/useCompareMode";
import type { Result } from "@/photos/photo";
import { BEFORE, isSwapped, swapped, type Pictures, type Shown, type Sides } from "@/photos/versions";
import { useWords } from "@/words/context";
import { Alone } from "./Alone";
import { Comparison } from "./Comparison";
import { Difference } from "./Difference";
import { HistoryBar, type History } from "./HistoryBar";
import { HoldButton } from "./HoldButton";
import { focusOn, MarkLayer, type Marks } from "./MarkLayer";
import { ModeBar } from "./ModeBar";
import { Original } from "./Original";
import { SideBySide } from "./SideBySide";
import { ZoomPane } from "./ZoomPane";

type Props = {
  /** The name of the photo. */
  name: string;
  result: Result;
  /** Pixels of the result per pixel of the photo that was sent; null: unknown, and so are the places of the faces. */
  enlargement: number | null;
  pictures: Pictures;
  shown: Shown;
  onSides: (sides: Sides) => void;
  history: History;
  marks: Marks;
  /** The element outside the picture that takes the buttons. */
  toolbar: HTMLElement | null;
  /** The button that lets a person mark a face. */
  markButton: ReactNode;
};

/** Two pictures, compared in the way that a person chooses; one alone if the page does not have the other. */
export function CompareView(props: Props) {
  const { name, result, enlargement, pictures, shown, onSides, history, marks, toolbar, markButton } = props;
  const t = useWords();
  const { width, height } = result.facts;
  const [mode, setMode] = useCompareMode();
  const [isHeld, setHeld] = useState(false);
  // On a touch screen only the handle moves the line, because a finger on the picture may be scrolling the page.
  const isTouched = useMemo(() => window.matchMedia("(pointer: coarse)").matches, []);
  const [left, right] = shown;
  const absent = shown.find(({ absence }) => absence !== undefined);
  const sides: Sides = [left.version, right.version];
  const swap = absent ? null : { isSwapped: isSwapped(pictures, shown), onSwap: () => onSides(swapped(sides)) };
  const before = pictures.find(({ version, url }) => version === BEFORE && url !== null);
  const isSplit = mode === "beside" && !absent;
  const isDifferent = mode === "difference" && left.url !== null && right.url !== null;
  const tools = (
    <>
      {!absent && <ModeBar mode={mode} onMode={setMode} />}
      {before && <HoldButton isHeld={isHeld} onHold={setHeld} />}
      <HistoryBar {...history} pictures={pictures} shown={shown} onSides={onSides} />
      {enlargement !== null && markButton}
    </>
  );
  return (
    <ZoomPane
      size={{ width, height }}
      label={absent ? t("viewer.alone") : t("viewer.comparison")}
      swap={swap}
      isSplit={isSplit}
      onHold={before ? setHeld : null}
      focus={focusOn(marks, { width, height }, enlargement)}
      toolbar={toolbar}
      tools={tools}
    >
      {({ view, covered, isFitted, panes }) => {
        const layer = { name, size: { width, height }, view, shown: covered };
        const over = (
          <>
            {before && <Original {...layer} before={before} isHeld={isHeld} />}
            {enlargement !== null && (
              <MarkLayer
                {...marks}
                photo={{ width: width / enlargement, height: height / enlargement }}
                view={{ ...view, scale: view.scale * enlargement }}
                covered={covered}
              />
            )}
          </>
        );
        if (isSplit) {
          return (
            <SideBySide {...layer} pictures={shown} panes={panes}>
              {over}
            </SideBySide>
          );
        }
        return (
          <>
            {absent?.absence !== undefined ? (
              <Alone {...layer} picture={absent === left ? right : left} absence={absent.absence} />
            ) : isDifferent ? (
              <Difference {...layer} pictures={shown} />
            ) : (
              <Comparison {...layer} left={left} right={right} onlyHandle={!isFitted || isTouched} />
            )}
            {over}
          </>
        );
      }}
    </ZoomPane>
  );
}
