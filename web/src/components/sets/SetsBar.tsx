import type { KnownSet } from "@/hooks/useSets";
import { fractionOf, inWords, setsInWords, tallyOf } from "@/photos/batch";
import { Button } from "@/components/ui/Button";
import styles from "./SetsBar.module.css";

type Props = {
  sets: readonly KnownSet[];
  /** Photos that are being sent, or wait for that. */
  unsent: number;
  onOpen: () => void;
};

/** How far all sets of this browser are. */
export function SetsBar({ sets, unsent, onOpen }: Props) {
  if (sets.length === 0 && unsent === 0) return null;
  const batches = sets.flatMap(({ batch }) => batch ?? []);
  const tally = tallyOf(batches);
  const words = wordsOf(sets, unsent);
  return (
    <section className={styles.bar} aria-label="Sets of photos">
      <p className={styles.words} role="status">
        {words}
      </p>
      {tally.left > 0 && <progress className={styles.progress} aria-label={words} max={1} value={fractionOf(tally)} />}
      {sets.length > 0 && <Button onClick={onOpen}>{sets.length === 1 ? "Show the set" : "Show the sets"}</Button>}
    </section>
  );
}

function wordsOf(sets: readonly KnownSet[], unsent: number): string {
  const batches = sets.flatMap(({ batch }) => batch ?? []);
  const problem = sets.find((set) => set.problem !== null)?.problem;
  const words = [
    unsent > 0 && `Sending ${unsent === 1 ? "1 photo" : `${unsent} photos`}`,
    batches.length > 0 && setsInWords(batches),
    batches.length === 0 && sets.length > 0 && !problem && "Asking for your sets of photos",
    problem && (problem.status === 401 ? "Your sets of photos need an API key" : inWords(problem).message),
  ];
  return words.filter(Boolean).join(". ");
}
