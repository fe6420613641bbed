"use client";

import type { Config } from "@/api/types";
import type { Options } from "@/photos/options";
import { startIn, startsOf, type Start } from "@/photos/starts";
import { Choice } from "@/components/ui/Choice";
import { useWords } from "@/words/context";
import type { Words } from "@/words/words";

type Props = { options: Options; config: Config; onChange: (changes: Partial<Options>) => void };

/** Starting points for the size and the file of the result. */
export function StartChoice({ options, config, onChange }: Props) {
  const t = useWords();
  const starts = startsOf(config);
  const start = startIn(options, starts);
  if (starts.length === 0) return null;
  return (
    <Choice
      legend={t("options.starts.title")}
      value={start?.id ?? null}
      choices={namesOf(starts, t)}
      note={t(start === null ? "options.starts.own" : `options.starts.${start.id}.words`)}
      onChange={(id) => onChange(starts.find((one) => one.id === id)?.options ?? {})}
    />
  );
}

function namesOf(starts: readonly Start[], t: Words) {
  const names = starts.map(({ id }) => [id, t(`options.starts.${id}.name`)]);
  return Object.fromEntries(names) as Record<Start["id"], string>;
}
