"use client";

import { useState } from "react";
import type { Lasting } from "@/hooks/useLasting";
import { Note } from "@/components/ui/Note";
import { faultInWords } from "./faultInWords";

/** Says over the picture what is not kept, or could not be brought back, until it is read. */
export function KeptNotes({ fault, lost }: Pick<Lasting, "fault" | "lost">) {
  const [read, setRead] = useState<string[]>([]);
  const notes = [
    { name: `fault ${fault}`, words: fault && faultInWords(fault) },
    { name: `lost ${lost}`, words: lost > 0 ? lostInWords(lost) : null },
  ];
  const unread = notes.filter(({ name, words }) => words !== null && !read.includes(name));
  return unread.map(({ name, words }) => (
    <Note
      key={name}
      role="status"
      action={{ icon: "close", onClick: () => setRead([...read, name]), children: "Close" }}
    >
      {words}
    </Note>
  ));
}

function lostInWords(count: number): string {
  const which = count === 1 ? "One photo or result" : `${count} photos or results`;
  return `${which} of your last visit could not be read any more.`;
}
