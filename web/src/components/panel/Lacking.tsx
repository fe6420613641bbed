import type { Config, Facts } from "@/api/types";
import { plainMessage } from "@/photos/notices";
import { useLanguage } from "@/words/context";
import styles from "./Lacking.module.css";

type Props = {
  /** The model without which a figure is unknown. */
  role: "recogniser" | "perceptual";
  facts: Facts;
  config: Config;
};

/** The code of the server's warning that there is no such model. */
const WARNINGS = { recogniser: "identity_unavailable", perceptual: "lpips_unavailable" };

/** Why a figure is unknown that needs a model, and the command that brings it; nothing if it is for another reason. */
export function Lacking({ role, facts, config }: Props) {
  const { locale, t } = useLanguage();
  const warning = facts.warnings.find(({ code }) => code === WARNINGS[role]);
  // A server of an earlier version does not say what it lacks.
  const lack = ((config as Partial<Config>).lacking ?? []).find((one) => one.role === role);
  if (lack === undefined) return warning ? <p className={styles.words}>{plainMessage(warning, t)}</p> : null;
  const { command, setting, instead, bytes } = lack;
  const models = new Intl.ListFormat(locale, { type: "disjunction" }).format(instead);
  return (
    <div className={styles.words}>
      <p>{t(`result.lacking.${role}`)}</p>
      {command !== null && (
        <>
          <p>{t("result.lacking.install", { megabytes: Math.ceil(bytes / 1e6) })}</p>
          <code className={styles.command} dir="ltr">
            {command}
          </code>
        </>
      )}
      {setting !== null && (
        <p>{t(command === null ? "result.lacking.setting" : "result.lacking.unset", { setting })}</p>
      )}
      {instead.length > 0 && <p>{t("result.lacking.instead", { models })}</p>}
    </div>
  );
}
