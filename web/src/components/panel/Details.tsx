import type { Result } from "@/photos/photo";
import { stageName } from "@/photos/stages";
import { useWords } from "@/words/context";
import styles from "./Details.module.css";

/** How long each step took, and which models were used. */
export function Details({ result }: { result: Result }) {
  const t = useWords();
  const { timings_ms, processing_time_ms, models, width, height } = result.facts;
  const steps = Object.entries(timings_ms);
  const longest = Math.max(1, ...steps.map(([, ms]) => ms));
  return (
    <details className={styles.details}>
      <summary className={styles.summary}>
        {width} × {height} pixels in {result.seconds.toFixed(1)} s
      </summary>
      <table className={styles.table}>
        <caption className="visually-hidden">Time of each step</caption>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Share</th>
            <th scope="col">Milliseconds</th>
          </tr>
        </thead>
        <tbody>
          {steps.map(([stage, ms]) => (
            <tr key={stage}>
              <th scope="row">{stage === "queue" ? "Waiting" : stageName(t, stage)}</th>
              <td className={styles.share}>
                <meter min={0} max={longest} value={ms} aria-label={`${ms} of ${longest} ms`} />
              </td>
              <td className={styles.number}>{ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.models}>
        On the server {(processing_time_ms / 1000).toFixed(2)} s, by{" "}
        {Object.entries(models)
          .map(([role, name]) => `${name} (${role})`)
          .join(", ")}
        .
      </p>
    </details>
  );
}
