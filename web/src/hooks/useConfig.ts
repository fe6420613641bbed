"use client";

import { useCallback, useEffect, useState } from "react";
import { fetchConfig } from "@/api/client";
import { problemFrom, type Problem } from "@/api/problem";
import type { Config } from "@/api/types";
import { isLoaded } from "@/photos/options";

const RETRY_MS = 3000;

export type ServerConfig = { config: Config | null; problem: Problem | null; reload: () => void };

/** The server's config. Fetched again every 3 s until the server answers, and while its models are loading. */
export function useConfig(key: string | null): ServerConfig {
  const [config, setConfig] = useState<Config | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  const reload = useCallback(() => setAttempt((count) => count + 1), []);

  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    fetchConfig(key, controller.signal).then(
      (found) => {
        setConfig(found);
        setProblem(null);
        if (!isLoaded(found)) timer = setTimeout(reload, RETRY_MS);
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        setProblem(problemFrom(error));
        timer = setTimeout(reload, RETRY_MS);
      },
    );
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [key, attempt, reload]);

  return { config, problem, reload };
}
