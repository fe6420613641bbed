"use client";

import { useState } from "react";
import type { Lasting } from "@/hooks/useLasting";
import { Note } from "@/components/ui/Note";
import { useWords } from "@/words/context";

/** Says over the picture what is not kept, or could not be brought back, until it is read. */
export function KeptNotes({ fault, lost }: Pick<Lasting, "fault" | "lost">) {
  const t = useWords();
  const [read, setRead] = useState<string[]>([]);
  const notes = [
    ...(fault === null ? [] : [{ name: fault, words: t(`lasting.faults.${fault}`) }]),
    ...(lost === 0 ? [] : [{ name: `lost ${lost}`, words: t("lasting.lost", { count: lost }) }]),
  ];
  const unread = notes.filter(({ name }) => !read.includes(name));
  return unread.map(({ name, words }) => (
    <Note
      key={name}
      role="status"
      action={{ icon: "close", onClick: () => setRead([...read, name]), children: t("lasting.close") }}
    >
      {words}
    </Note>
  ));
}
