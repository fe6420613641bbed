"use client";

import type { ReactNode } from "react";
import type { Config } from "@/api/types";
import { acceptedKinds } from "@/photos/check";
import { hoursOf, jobsOf } from "@/photos/sets";
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
  return (
    <div className={styles.welcome}>
      <div className={styles.frame}>
        <h2 className={styles.title}>Drop a photo here</h2>
        <p className={styles.text}>
          Faces are restored, the rest is enlarged, and numbers show whether it is still the same person.
        </p>
        <div className={styles.actions}>
          <Chooser accept={accept} onFiles={onFiles} />
        </div>
        <p className={styles.text}>
          {onAddress === null
            ? "You can also paste one, or drop several."
            : "You can also paste one or its address, or drop several."}
        </p>
        {onAddress && <AddressForm label="Or the address of a photo on the web" onAddress={onAddress} />}
        <button type="button" className={styles.sample} onClick={onSample}>
          {/* Shown at its own small size, so that a person sees how bad it is. */}
          <img className={styles.picture} src="/sample.jpg" alt="" width={64} height={64} />
          <span>Try it with this one</span>
        </button>
        {config && (
          <p className={styles.small}>
            {acceptedKinds(config.limits)}, up to {config.limits.max_upload_mb} MB and{" "}
            {config.limits.max_input_megapixels} megapixels. {keptInWords(config)}
          </p>
        )}
        {children}
      </div>
    </div>
  );
}

/** What the server does with the photos themselves. */
function keptInWords(config: Config): string {
  const jobs = jobsOf(config);
  if (jobs === null) return "Photos are never written to the server’s disk.";
  return `The server keeps only photos that you send all at once, for ${hoursOf(jobs)}.`;
}
