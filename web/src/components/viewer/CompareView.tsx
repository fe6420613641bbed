"use client";

import { useMemo, type ReactNode } from "react";
import type { Result } from "@/photos/photo";
import { isSwapped, swapped, type Pictures, type Shown, type Sides } from "@/photos/versions";
import { useWords } from "@/words/context";
import { Alone } from "./Alone";
import { Comparison } from "./Comparison";
import { focusOn, MarkLayer, type Marks } from "./MarkLayer";
import { SidesBar } from "./SidesBar";
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
  marks: Marks;
  /** The element outside the picture that takes the zoom buttons and the choice of the sides. */
  toolbar: HTMLElement | null;
  /** The button that lets a person mark a face. */
  markButton: ReactNode;
};

/** Two pictures over each other, with a movable line between them; one alone if the page does not have the other. */
export function CompareView(props: Props) {
  const { name, result, enlargement, pictures, shown, onSides, marks, toolbar, markButton } = props;
  const t = useWords();
  const { width, height } = result.facts;
  // On a touch screen only the handle moves the line, because a finger on the picture may be scrolling the page.
  const isTouched = useMemo(() => window.matchMedia("(pointer: coarse)").matches, []);
  const [left, right] = shown;
  const absent = shown.find(({ absence }) => absence !== undefined);
  const sides: Sides = [left.version, right.version];
  const swap = absent ? null : { isSwapped: isSwapped(pictures, shown), onSwap: () => onSides(swapped(sides)) };
  const tools = (
    <>
      {enlargement !== null && markButton}
      <SidesBar pictures={pictures} shown={shown} onSides={onSides} />
    </>
  );
  return (
    <ZoomPane
      size={{ width, height }}
      label={absent ? t("viewer.alone") : t("viewer.comparison")}
      swap={swap}
      focus={focusOn(marks, { width, height }, enlargement)}
      toolbar={toolbar}
      tools={tools}
    >
      {({ view, covered, isFitted }) => (
        <>
          {absent?.absence === undefined ? (
            <Comparison
              left={left}
              right={right}
              name={name}
              size={{ width, height }}
              view={view}
              shown={covered}
              onlyHandle={!isFitted || isTouched}
            />
          ) : (
            <Alone
              picture={absent === left ? right : left}
              absence={absent.absence}
              name={name}
              size={{ width, height }}
              view={view}
              shown={covered}
            />
          )}
          {enlargement !== null && (
            <MarkLayer
              {...marks}
              photo={{ width: width / enlargement, height: height / enlargement }}
              view={{ ...view, scale: view.scale * enlargement }}
              covered={covered}
            />
          )}
        </>
      )}
    </ZoomPane>
  );
}
