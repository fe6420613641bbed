import type { KnownSet } from "@/hooks/useSets";
import { fractionOf, inWords, setsInWords, tallyOf, type Sending } from "@/photos/batch";
import { Button } from "@/components/ui/Button";
import { ProgressBar } from "@/components/ui/ProgressBar";
import styles from "./SetsBar.module.css";

type Props = { sets: readonly KnownSet[]; sending: Sending; onOpen: () => void };

/** How far all sets of this browser are. */
export function SetsBar({ sets, sending, onOpen }: Props) {
  if (sets.length === 0 && sending.photos === 0) return null;
  const tally = tallyOf(sets.flatMap(({ batch }) => batch ?? []));
  const words = wordsOf(sets, sending);
  const fraction = sending.fraction ?? (tally.left > 0 ? fractionOf(tally) : null);
  return (
    <section className={styles.bar} aria-label="Sets of photos">
      <p className={styles.words} role="status">
        {words}
      </p>
      {fraction !== null && (
        <div className={styles.progress}>
          <ProgressBar label={words} fraction={fraction} />
        </div>
      )}
      {sets.length > 0 && <Button onClick={onOpen}>{sets.length === 1 ? "Show the set" : "Show the sets"}</Button>}
    </section>
  );
}

function wordsOf(sets: readonly KnownSet[], sending: Sending): string {
  const batches = sets.flatMap(({ batch }) => batch ?? []);
  const problem = sets.find((set) => set.problem !== null)?.problem;
  const words = [
    sending.photos > 0 && `Sending ${sending.photos === 1 ? "1 photo" : `${sending.photos} photos`}`,
    batches.length > 0 && setsInWords(batches),
    batches.length === 0 && sets.length > 0 && !problem && "Asking for your sets of photos",
    problem && (problem.status === 401 ? "Your sets of photos need an API key" : inWords(problem).message),
  ];
  return words.filter(Boolean).join(". ");
}
