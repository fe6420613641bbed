"use client";

import { useEffect, type Dispatch } from "react";
import type { Config } from "@/api/types";
import { allowedOptions, savedOptions, type Options } from "@/photos/options";
import type { Action } from "@/photos/reducer";
import { firstOptions } from "@/photos/ways";

/** Sets the saved options at first, or those of a first visit, and replaces options that the server does not accept. */
export function useAllowedOptions(config: Config | null, options: Options | null, dispatch: Dispatch<Action>): void {
  useEffect(() => {
    if (config === null) return;
    const allowed = options === null ? (savedOptions(config) ?? firstOptions(config)) : allowedOptions(options, config);
    if (JSON.stringify(allowed) !== JSON.stringify(options)) dispatch({ type: "options", options: allowed });
  }, [config, options, dispatch]);
}
