"use client";

import { useCallback, useState, type Dispatch } from "react";
import type { Config } from "@/api/types";
import { typedAddress } from "@/photos/address";
import { takesAddresses } from "@/photos/check";
import type { Photo } from "@/photos/photo";
import type { Action } from "@/photos/reducer";
import { useDropAndPaste } from "./useDropAndPaste";
import { useIntake } from "./useIntake";

const SAMPLE = "/sample.jpg";

type Settings = {
  config: Config | null;
  /** The server does not answer. */
  onUnreachable: () => void;
  onAdded: () => void;
};

/** All ways in which photos come to the page: chosen, dropped, pasted, by their address, and the sample. */
export function useAdding(dispatch: Dispatch<Action>, { config, onUnreachable, onAdded }: Settings) {
  const [refused, setRefused] = useState<readonly Photo[]>([]);
  const [isSampleAsked, setSampleAsked] = useState(false);
  const added = useCallback(
    (more: Photo[]) => {
      dispatch({ type: "added", photos: more });
      setRefused(more.filter(({ refusal }) => refusal !== null));
      onAdded();
    },
    [dispatch, onAdded],
  );
  const add = useIntake(config?.limits ?? null, added);
  const fetches = takesAddresses(config?.limits ?? {});
  const isOver = useDropAndPaste(add, fetches);
  const addAddress = (text: string) => {
    const address = typedAddress(text);
    if (address !== null) add([address]);
    return address !== null;
  };
  const addSample = () => {
    setSampleAsked(true);
    fetch(SAMPLE)
      .then((answer) => (answer.ok ? answer.blob() : Promise.reject(new Error(answer.statusText))))
      .then((blob) => add([new File([blob], "sample.jpg", { type: "image/jpeg" })]))
      .catch(onUnreachable);
  };
  return {
    add,
    /** Takes the address of a photo; null: this server fetches none. */
    addAddress: fetches ? addAddress : null,
    addSample,
    /** Whether the sample was asked for, perhaps before the server has answered. */
    isSampleAsked,
    /** Adds photos that need no check. */
    added,
    /** Whether something is being dragged over the page. */
    isOver,
    /** Photos among those added last that cannot be sent. */
    refused,
    forgetRefused: () => setRefused([]),
  };
}
