"use client";

import { useCallback, useEffect, useEffectEvent, useRef, useState, type Dispatch } from "react";
import type { Config } from "@/api/types";
import type { Action, State } from "@/photos/reducer";
import { faultOf, type Fault } from "@/storage/faults";
import type { Events, Keeper } from "@/storage/keeper";
import { useStored } from "./useStored";

/** What the person is told about what lasts. */
export type Lasting = {
  /** Whether photos and results are to be kept in this browser. */
  isOn: boolean;
  turn: (on: boolean) => void;
  /** Why something is not kept; null: everything is, or nothing is to be. */
  fault: Fault | null;
  /** How many photos of the last visit could not be read. */
  lost: number;
  /** Bytes that are kept, those of other tabs included; null if that is unknown. */
  bytes: () => Promise<number | null>;
  /** Deletes all photos and results, in all tabs, from the page too. Throws if they could not be deleted. */
  deleteAll: () => Promise<void>;
  /** Whether leaving the page would lose no result. */
  isKept: () => boolean;
};

const SETTING = "likeness.keep";
const OFF = "off";

/** Loaded once it is needed: the page is shown before. */
const storage = () => import("@/storage/keeper");

/**
 * Keeps photos and results in this browser, and brings those of the last visit back once the server has answered.
 * `onEmptied`: all photos are to go from the page, because a person has deleted all.
 */
export function useLasting(
  { photos, selected }: State,
  dispatch: Dispatch<Action>,
  { config, onEmptied }: { config: Config | null; onEmptied: () => void },
): Lasting {
  const [setting, setSetting] = useStored("localStorage", SETTING);
  const isOn = setting !== OFF;
  const isReady = isOn && config !== null;
  const [keeper, setKeeper] = useState<Keeper | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [lost, setLost] = useState(0);
  const forgotten = useRef<Promise<void>>(Promise.resolve());

  const emptied = useEffectEvent(onEmptied);
  const open = useEffectEvent(async (events: Events) => {
    await forgotten.current; // or what is kept from now on would be deleted too
    const { Keeper } = await storage();
    const opened = await Keeper.open(events);
    const found = config && (await opened.load(config).catch((error: unknown) => closed(opened, error)));
    return { opened, found };
  });
  useEffect(() => {
    if (!isReady) return undefined;
    let isWanted = true;
    const opening = open({ onFault: (told) => isWanted && setFault(told), onEmptied: () => emptied() });
    opening.then(
      ({ opened, found }) => {
        if (!isWanted || found === null) return;
        const brought = found.written.map(({ photo }) => photo);
        if (brought.length > 0) dispatch({ type: "restored", photos: brought, selected: found.selected });
        setLost(found.lost);
        setFault(null);
        setKeeper(opened);
      },
      (error: unknown) => isWanted && setFault(faultOf(error, "unavailable")),
    );
    return () => {
      isWanted = false;
      setKeeper(null);
      opening.then(
        ({ opened }) => opened.close(),
        () => undefined, // not opened, which was told
      );
    };
  }, [isReady, dispatch]);

  useEffect(() => keeper?.see({ photos, selected }), [keeper, photos, selected]);

  useEffect(() => {
    // What is left may end at any time.
    const flush = () => void (document.visibilityState === "hidden" && keeper?.flush());
    document.addEventListener("visibilitychange", flush);
    return () => document.removeEventListener("visibilitychange", flush);
  }, [keeper]);

  useEffect(() => {
    if (isOn) return;
    // At every visit, because another tab may have been in the midst of writing.
    forgotten.current = storage()
      .then(({ forgetAll }) => forgetAll())
      .then(
        () => setFault(null),
        () => setFault("undeleted"),
      );
  }, [isOn]);

  return {
    isOn,
    turn: (on) => setSetting(on ? null : OFF),
    fault,
    lost,
    bytes: useCallback(async () => (keeper === null ? null : keeper.bytes()), [keeper]),
    deleteAll: async () => {
      await keeper?.empty();
      onEmptied();
    },
    isKept: () => keeper !== null && keeper.isUpToDate(),
  };
}

async function closed(keeper: Keeper, error: unknown): Promise<never> {
  await keeper.close();
  throw error;
}
