import type { KnownSet } from "@/hooks/useSets";
import { fractionOf, inWords, setsInWords, tallyOf, type Sending } from "@/photos/batch";
import { problemInWords } from "@/photos/problems";
import { useWords } from "@/words/context";
import type { Words } from "@/words/words";
import { Button } from "@/components/ui/Button";
import { ProgressBar } from "@/components/ui/ProgressBar";
import styles from "./SetsBar.module.css";

type Props = { sets: readonly KnownSet[]; sending: Sending; onOpen: () => void };

/** How far all sets of this browser are. */
export function SetsBar({ sets, sending, onOpen }: Props) {
  const t = useWords();
  if (sets.length === 0 && sending.photos === 0) return null;
  const tally = tallyOf(sets.flatMap(({ batch }) => batch ?? []));
  const words = wordsOf(t, sets, sending);
  const fraction = sending.fraction ?? (tally.left > 0 ? fractionOf(tally) : null);
  return (
    <section className={styles.bar} aria-label={t("sets.label")}>
      <p className={styles.words} role="status">
        {words}
      </p>
      {fraction !== null && (
        <div className={styles.progress}>
          <ProgressBar label={words} fraction={fraction} />
        </div>
      )}
      {sets.length > 0 && <Button onClick={onOpen}>{t("sets.show", { count: sets.length })}</Button>}
    </section>
  );
}

function wordsOf(t: Words, sets: readonly KnownSet[], sending: Sending): string {
  const batches = sets.flatMap(({ batch }) => batch ?? []);
  const problem = sets.find((set) => set.problem !== null)?.problem;
  const words = [
    sending.photos > 0 && t("sets.sending", { count: sending.photos }),
    batches.length > 0 && setsInWords(t, batches),
    batches.length === 0 && sets.length > 0 && !problem && t("sets.asking"),
    problem && (problem.status === 401 ? t("sets.needKey") : problemInWords(t, inWords(problem), null).words),
  ];
  return words.filter(Boolean).join(" · ");
}
