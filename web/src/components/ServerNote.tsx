import type { Problem } from "@/api/problem";
import { Button } from "./Button";
import styles from "./ServerNote.module.css";

type Props = { problem: Problem | null; isLoading: boolean; onRetry: () => void };

/** What is the matter with the server as a whole. */
export function ServerNote({ problem, isLoading, onRetry }: Props) {
  if (problem === null && !isLoading) return null;
  return (
    <div className={styles.note} role="status">
      <p>{problem?.message ?? "The server is loading its models; photos sent meanwhile wait."}</p>
      {problem !== null && (
        <Button icon="retry" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
