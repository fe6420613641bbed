"use client";

import type { ReactNode } from "react";
import type { Config } from "@/api/types";
import { acceptedKinds } from "@/photos/check";
import { isLoaded } from "@/photos/options";
import { jobsOf } from "@/photos/sets";
import { AddressForm } from "@/components/ui/AddressForm";
import { Chooser } from "@/components/ui/Chooser";
import { useLanguage } from "@/words/context";
import type { Words } from "@/words/words";
import styles from "./Welcome.module.css";

type Props = {
  config: Config | null;
  accept: string;
  /** Whether a photo waits for the server's first answer. */
  isWaiting: boolean;
  onFiles: (files: File[]) => void;
  /** Takes the address of a photo; null: this server fetches none. */
  onAddress: ((text: string) => boolean) | null;
  onSample: () => void;
  /** What else there is to say, at its end. */
  children?: ReactNode;
};

/** What the page shows while it has no photo. Nothing can be dropped or pasted with a finger. */
export function Welcome({ config, accept, isWaiting, onFiles, onAddress, onSample, children }: Props) {
  const { t, locale } = useLanguage();
  return (
    <div className={styles.welcome}>
      <div className={styles.frame}>
        <h2 className={`${styles.title} ${styles.byMouse}`}>{t("welcome.drop")}</h2>
        <h2 className={`${styles.title} ${styles.byFinger}`}>{t("welcome.choosePhoto")}</h2>
        <p className={styles.text}>
          {t("welcome.what")} {config && isLoaded(config) && likenessInWords(config, t)}
        </p>
        <div className={styles.actions}>
          <Chooser accept={accept} onFiles={onFiles} />
        </div>
        <p className={`${styles.text} ${styles.byMouse}`}>
          {onAddress === null ? t("welcome.ways") : t("welcome.waysWithAddress")}
        </p>
        {onAddress && <AddressForm label={t("welcome.address.or")} onAddress={onAddress} />}
        <button type="button" className={styles.sample} onClick={onSample}>
          {/* Shown at its own small size, so that a person sees how bad it is. */}
          <img className={styles.picture} src="/sample.jpg" alt="" width={64} height={64} />
          <span>{t("welcome.sample")}</span>
        </button>
        <p className={styles.waiting} role="status">
          {isWaiting && t("welcome.waiting")}
        </p>
        {config && (
          <p className={styles.small}>
            {t("welcome.limits", {
              kinds: acceptedKinds(config.limits, locale),
              megabytes: config.limits.max_upload_mb,
              megapixels: config.limits.max_input_megapixels,
            })}{" "}
            {keptInWords(config, t)}
          </p>
        )}
        {children}
      </div>
    </div>
  );
}

/** Whether this server can tell that it is the same person. */
function likenessInWords({ identity_recogniser }: Config, t: Words): string {
  return identity_recogniser === null ? t("welcome.notSame") : t("welcome.same");
}

/** What the server does with the photos themselves. */
function keptInWords(config: Config, t: Words): string {
  const hours = jobsOf(config)?.retention_hours;
  if (hours === undefined) return t("welcome.keepsNothing");
  return hours < 1
    ? t("welcome.keepsMinutes", { minutes: Math.round(hours * 60) })
    : t("welcome.keepsHours", { hours });
}
