"use client";

import { useState } from "react";
import { downloadName, factsText } from "@/photos/download";
import type { Result } from "@/photos/photo";
import { Button } from "./Button";
import { Icon } from "./Icon";
import button from "./Button.module.css";
import styles from "./ActionBar.module.css";

type Props = { name: string; result: Result; isMain: boolean };

const SAID_MS = 2000;

/** What a person takes away. */
export function ResultActions({ name, result, isMain }: Props) {
  const [copied, setCopied] = useState<"no" | "yes" | "refused">("no");
  const copy = async () => {
    const write = async () => navigator.clipboard.writeText(factsText(result)); // where there is one: not without TLS
    const outcome = await write().then(
      () => "yes" as const,
      () => "refused" as const,
    );
    setCopied(outcome);
    setTimeout(() => setCopied("no"), SAID_MS);
  };
  const words = { no: "Copy JSON", yes: "Copied", refused: "Not allowed here" };
  return (
    <div className={styles.actions}>
      <a
        className={`${button.button} ${isMain ? button.primary : button.plain}`}
        href={result.url}
        download={downloadName(name, result.facts.media_type)}
      >
        <Icon name="download" />
        Download
      </a>
      <Button icon="copy" title="The answer without the picture" onClick={copy}>
        {words[copied]}
      </Button>
      <span role="status" className="visually-hidden">
        {copied === "no" ? "" : words[copied]}
      </span>
    </div>
  );
}
