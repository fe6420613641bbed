import type { Result } from "@/photos/photo";
import { stageName } from "@/photos/stages";
import { useLanguage } from "@/words/context";
import type { MessageKey } from "@/words/words";
import styles from "./Details.module.css";

const ROLES: Readonly<Record<string, MessageKey>> = {
  detector: "result.details.roles.detector",
  restorer: "result.details.roles.restorer",
  recogniser: "result.details.roles.recogniser",
  upscaler: "result.details.roles.upscaler",
  perceptual: "result.details.roles.perceptual",
};

/** How long each step took, and which models were used. */
export function Details({ result }: { result: Result }) {
  const { locale, t } = useLanguage();
  const { timings_ms, processing_time_ms, models, width, height } = result.facts;
  const steps = Object.entries(timings_ms);
  const longest = Math.max(1, ...steps.map(([, ms]) => ms));
  const named = Object.entries(models).map(([role, name]) => {
    const key = ROLES[role];
    return key === undefined ? name : t(key, { name });
  });
  const list = new Intl.ListFormat(locale, { type: "unit", style: "short" }).format(named);
  return (
    <details className={styles.details}>
      <summary className={styles.summary}>
        {t("result.details.size", { width, height, seconds: result.seconds })}
      </summary>
      <table className={styles.table}>
        <caption className="visually-hidden">{t("result.details.times")}</caption>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{t("result.details.step")}</th>
            <th scope="col">{t("result.details.share")}</th>
            <th scope="col">{t("result.details.milliseconds")}</th>
          </tr>
        </thead>
        <tbody>
          {steps.map(([stage, ms]) => (
            <tr key={stage}>
              <th scope="row">{stage === "queue" ? t("result.details.waiting") : stageName(t, stage)}</th>
              <td className={styles.share}>
                <meter min={0} max={longest} value={ms} aria-label={t("result.details.of", { ms, longest })} />
              </td>
              <td className={styles.number}>
                {ms < 10 ? t("result.details.fineMs", { ms }) : t("result.details.ms", { ms: Math.round(ms) })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.models}>
        {t("result.details.models", { seconds: processing_time_ms / 1000, models: list })}
      </p>
    </details>
  );
}
