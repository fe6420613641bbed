import type { Config } from "@/api/types";
import { doneInWords } from "@/photos/done";
import type { Scale } from "@/photos/figures";
import type { Result } from "@/photos/photo";
import { verdictOf } from "@/photos/verdict";
import { useWords } from "@/words/context";
import { Icon, type IconName } from "@/components/ui/Icon";
import { Lacking } from "./Lacking";
import styles from "./Verdict.module.css";

type Props = {
  result: Result;
  /** Pixels of the result per pixel of the photo; null: unknown. */
  enlargement: number | null;
  scale: Scale;
  config: Config;
};

const SIGNS: Record<ReturnType<typeof verdictOf>["tone"], IconName> = { good: "check", bad: "warning", none: "faces" };

/** What a person wants to know first: whether it is the same person, and what was done. */
export function Verdict({ result, enlargement, scale, config }: Props) {
  const t = useWords();
  const { tone, words, isUnknown } = verdictOf(result.facts, scale, t);
  return (
    <section aria-labelledby="verdict">
      <h2 id="verdict" className={`${styles.verdict} ${styles[tone]}`}>
        <Icon name={SIGNS[tone]} size={24} />
        <span>{words}</span>
      </h2>
      {isUnknown && (
        <div className={styles.lacking}>
          <Lacking role="recogniser" facts={result.facts} config={config} />
        </div>
      )}
      <p className={styles.done}>{doneInWords(result, enlargement, t).join(" ")}</p>
    </section>
  );
}
