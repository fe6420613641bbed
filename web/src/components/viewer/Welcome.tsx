"use client";

import type { ReactNode } from "react";
import type { Config } from "@/api/types";
import { acceptedKinds } from "@/photos/check";
import { jobsOf } from "@/photos/sets";
import { useWords } from "@/words/context";
import type { Words } from "@/words/words";
import { AddressForm } from "@/components/ui/AddressForm";
import { Chooser } from "@/components/ui/Chooser";
import styles from "./Welcome.module.css";

type Props = {
  config: Config | null;
  accept: string;
  onFiles: (files: File[]) => void;
  /** Takes the address of a photo; null: this server fetches none. */
  onAddress: ((text: string) => boolean) | null;
  onSample: () => void;
  /** What else there is to say, at its end. */
  children?: ReactNode;
};

/** What the page shows while it has no photo. */
export function Welcome({ config, accept, onFiles, onAddress, onSample, children }: Props) {
  const t = useWords();
  return (
    <div className={styles.welcome}>
      <div className={styles.frame}>
        <h2 className={styles.title}>{t("welcome.drop")}</h2>
        <p className={styles.text}>{t("welcome.what")}</p>
        <div className={styles.actions}>
          <Chooser accept={accept} onFiles={onFiles} />
        </div>
        <p className={styles.text}>{onAddress === null ? t("welcome.ways") : t("welcome.waysWithAddress")}</p>
        {onAddress && <AddressForm label={t("welcome.address.or")} onAddress={onAddress} />}
        <button type="button" className={styles.sample} onClick={onSample}>
          {/* Shown at its own small size, so that a person sees how bad it is. */}
          <img className={styles.picture} src="/sample.jpg" alt="" width={64} height={64} />
          <span>{t("welcome.sample")}</span>
        </button>
        {config && (
          <p className={styles.small}>
            {limitsInWords(config, t)} {keptInWords(config, t)}
          </p>
        )}
        {children}
      </div>
    </div>
  );
}

function limitsInWords({ limits }: Config, t: Words): string {
  return t("welcome.limits", {
    kinds: acceptedKinds(limits),
    megabytes: limits.max_upload_mb,
    megapixels: limits.max_input_megapixels,
  });
}

/** What the server does with the photos themselves. */
function keptInWords(config: Config, t: Words): string {
  const hours = jobsOf(config)?.retention_hours;
  if (hours === undefined) return t("welcome.keepsNothing");
  return hours < 1
    ? t("welcome.keepsMinutes", { minutes: Math.round(hours * 60) })
    : t("welcome.keepsHours", { hours });
}
