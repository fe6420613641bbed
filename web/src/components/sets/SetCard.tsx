"use client";

import { useId, useState } from "react";
import { archiveOf, addressOf, cancelBatch, cancelJob, deleteBatch, fetchReport } from "@/api/batches";
import { problemFrom, type Problem } from "@/api/problem";
import type { Batch, Job, Limits } from "@/api/types";
import { fractionOf, inWords, tallyInWords, tallyOf } from "@/photos/batch";
import { fileName, namedOfJob } from "@/photos/names";
import { inTurns } from "@/photos/pause";
import { reportOf } from "@/photos/report";
import { problemInWords } from "@/photos/problems";
import { saveBlob, saveFile } from "@/photos/saving";
import { useNamePattern } from "@/hooks/useNamePattern";
import { useLanguage } from "@/words/context";
import type { Locale } from "@/words/locales";
import { Button } from "@/components/ui/Button";
import { ProgressBar } from "@/components/ui/ProgressBar";
import { SetRow } from "./SetRow";
import styles from "./SetCard.module.css";

type Props = {
  batch: Batch;
  limits: Partial<Limits>;
  apiKey: string | null;
  /** Something of it has changed. */
  onChanged: () => void;
  onOpen: (job: Job) => void;
  onRemoved: () => void;
};

/** A set of photos: how far it is, its photos, and what can be done with all of them. */
export function SetCard({ batch, limits, apiKey: key, onChanged, onOpen, onRemoved }: Props) {
  const { t, locale } = useLanguage();
  const id = useId();
  const [pattern] = useNamePattern();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const tally = tallyOf([batch]);
  const words = tallyInWords(t, tally);
  const isAtWork = tally.left > 0;
  const name = stampOf(batch.created_at);
  const time = timeOf(locale, batch.created_at);

  /** Does something that takes time and may fail; `label` is said meanwhile. */
  const run = async (label: string, work: () => Promise<void>) => {
    setBusy(label);
    setProblem(null);
    await work().catch((error: unknown) => setProblem(inWords(problemFrom(error))));
    setBusy(null);
  };
  const save = (job: Job) => {
    const named = namedOfJob(job, batch.jobs.indexOf(job) + 1, batch.jobs.length);
    const name = fileName(pattern, named);
    const file = { path: addressOf(job.id, "result"), name, bytes: job.result?.bytes ?? 0 };
    void run(t("sets.saving", { name: job.file_name }), () => saveFile(file, key));
  };
  const saveAll = () => {
    const bytes = batch.jobs.reduce((sum, { result }) => sum + (result?.bytes ?? 0), 0);
    const file = { path: archiveOf(batch.id), name: `photos-${name}.zip`, bytes };
    void run(t("sets.savingZip"), () => saveFile(file, key));
  };
  const saveReport = async () => {
    const rows = await inTurns(batch.jobs, async (job) => {
      return { job, facts: job.state === "succeeded" ? await fetchReport(job.id, { key }) : null };
    });
    saveBlob(new Blob([reportOf(rows)], { type: "text/csv" }), `photos-${name}.csv`);
  };
  const remove = async () => {
    await deleteBatch(batch.id, { key });
    onRemoved();
  };
  return (
    <section className={styles.card} aria-labelledby={id}>
      <h3 id={id} className={styles.title}>
        {t("sets.title", { count: tally.photos, time })}
      </h3>
      <p className={styles.words}>{t("sets.kept", { tally: words, time: timeOf(locale, batch.expires_at) })}</p>
      {isAtWork && <ProgressBar label={words} fraction={fractionOf(tally)} />}
      {isAsking ? (
        <div className={styles.actions} role="group" aria-label={t("sets.removal")}>
          <p className={styles.question}>{t("sets.removeQuestion")}</p>
          <Button kind="primary" autoFocus onClick={() => void run(t("sets.removing"), remove)}>
            {t("sets.removeThem")}
          </Button>
          <Button onClick={() => setAsking(false)}>{t("sets.keepThem")}</Button>
        </div>
      ) : (
        <div className={styles.actions}>
          {!isAtWork && tally.done > 0 && (
            <Button kind="primary" icon="download" disabled={busy !== null} onClick={saveAll}>
              {t("sets.zip")}
            </Button>
          )}
          {!isAtWork && (
            <Button
              icon="download"
              title={t("sets.reportTitle")}
              disabled={busy !== null}
              onClick={() => void run(t("sets.making"), saveReport)}
            >
              {t("sets.report")}
            </Button>
          )}
          {isAtWork && (
            <Button
              icon="close"
              onClick={() => void run(t("sets.cancelling"), () => cancelBatch(batch.id, { key }).then(onChanged))}
            >
              {t("sets.cancelAll")}
            </Button>
          )}
          <Button onClick={() => setAsking(true)}>{t("sets.remove")}</Button>
        </div>
      )}
      <p className={styles.words} role="status">
        {busy}
      </p>
      {problem && (
        <p className={styles.problem} role="alert">
          {problemInWords(t, problem, limits).words}
        </p>
      )}
      <ul className={styles.rows} aria-label={t("sets.rows", { time })}>
        {batch.jobs.map((job) => (
          <SetRow
            key={job.id}
            job={job}
            limits={limits}
            apiKey={key}
            onOpen={() => onOpen(job)}
            onSave={() => save(job)}
            onCancel={() => void run(t("sets.cancelling"), () => cancelJob(job.id, { key }).then(onChanged))}
          />
        ))}
      </ul>
    </section>
  );
}

function timeOf(locale: Locale, text: string): string {
  return new Intl.DateTimeFormat(locale === "en" ? "en-GB" : locale, {
    dateStyle: "medium",
    timeStyle: "short",
  }).format(new Date(text));
}

/** A time for a file name, such as 2026-11-28-0210. */
function stampOf(text: string): string {
  return text.slice(0, 16).replace("T", "-").replace(":", "");
}
