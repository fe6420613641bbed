"use client";

import { useState } from "react";
import { typedAddress } from "@/photos/address";
import type { Item } from "./useIntake";

const SAMPLE = "/sample.jpg";

export type Additions = {
  /** Adds the photo at an address that a person typed; false: it is none. */
  addAddress: (text: string) => boolean;
  addSample: () => void;
  /** Whether the sample was asked for, perhaps before the server has answered. */
  isSampleAsked: boolean;
};

/** What a person adds that is not a file of theirs. `onUnreachable`: the server does not even give the sample. */
export function useAdditions(add: (items: Item[]) => void, onUnreachable: () => void): Additions {
  const [isSampleAsked, setAsked] = useState(false);
  return {
    addAddress: (text) => {
      const address = typedAddress(text);
      if (address !== null) add([address]);
      return address !== null;
    },
    addSample: () => {
      setAsked(true);
      fetch(SAMPLE)
        .then((answer) => (answer.ok ? answer.blob() : Promise.reject(new Error(answer.statusText))))
        .then((blob) => add([new File([blob], "sample.jpg", { type: "image/jpeg" })]))
        .catch(onUnreachable);
    },
    isSampleAsked,
  };
}
