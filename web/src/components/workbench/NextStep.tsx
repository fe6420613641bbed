"use client";

import type { ComponentProps, Dispatch } from "react";
import type { Photo } from "@/photos/photo";
import type { Action, State } from "@/photos/reducer";
import { RoundNote } from "@/components/notes/RoundNote";
import { ActionBar } from "./ActionBar";

type Given = "photo" | "options" | "config" | "foresight" | "onKey";

type Props = Pick<ComponentProps<typeof ActionBar>, Given> & {
  state: State;
  dispatch: Dispatch<Action>;
  cancel: (id: Photo["id"]) => void;
};

/** What can be done next with the shown photo, and how far all of them are. */
export function NextStep({ state, dispatch, cancel, ...given }: Props) {
  const { photos, round } = state;
  const { id } = given.photo;
  return (
    <>
      <RoundNote round={round} photos={photos} />
      <ActionBar
        {...given}
        photos={photos}
        onRestore={(ids) => dispatch({ type: "requested", ids })}
        onTogether={(ids) => dispatch({ type: "batched", ids })}
        onCancel={(ids) => ids.forEach(cancel)}
        onWithoutFaces={() => {
          dispatch({ type: "faces not required", id });
          dispatch({ type: "requested", ids: [id] });
        }}
      />
    </>
  );
}
