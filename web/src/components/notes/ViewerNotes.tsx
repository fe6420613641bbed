import type { Problem } from "@/api/problem";
import type { Course } from "@/photos/course";
import { percentInWords } from "@/photos/left";
import { isOngoing, type OngoingWork, type Photo, type Work } from "@/photos/photo";
import { workInWords } from "@/photos/stages";
import { useWords } from "@/words/context";
import { Note } from "./Note";
import styles from "./ViewerNotes.module.css";

type Props = {
  /** A problem with the server, not with one photo. */
  problem: Problem | null;
  isLoading: boolean;
  onReload: () => void;
  /** Photos among those added last that cannot be sent. */
  refused: readonly Photo[];
  onRead: () => void;
  work: Work | null;
  course: Course | null;
};

/** Messages over the viewer. */
export function ViewerNotes({ problem, isLoading, onReload, refused, onRead, work, course }: Props) {
  return (
    <>
      <div className={styles.top}>
        {problem !== null && (
          <Note role="status" action={{ icon: "retry", onClick: onReload, children: "Try again" }}>
            {problem.message}
          </Note>
        )}
        {problem === null && isLoading && (
          <Note role="status" action={null}>
            The server is loading its models; photos sent meanwhile wait.
          </Note>
        )}
        {refused.length > 0 && (
          <Note role="alert" action={{ icon: "close", onClick: onRead, children: "Close" }}>
            {refused.map(({ id, name, refusal }) => (
              <p key={id}>
                {name}: {refusal}
              </p>
            ))}
          </Note>
        )}
      </div>
      {work !== null && isOngoing(work) && <Working work={work} course={course} />}
    </>
  );
}

/** Repeats the progress in ProgressNote over the picture, where the person looks. */
function Working({ work, course }: { work: OngoingWork; course: Course | null }) {
  const t = useWords();
  return (
    <p className={styles.working} aria-hidden="true">
      {workInWords(t, work)}
      {course !== null && <span className={styles.percent}>{percentInWords(t, course.fraction)}</span>}
    </p>
  );
}
