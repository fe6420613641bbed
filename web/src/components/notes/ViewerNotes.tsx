import type { ReactNode } from "react";
import type { Problem } from "@/api/problem";
import type { Course } from "@/photos/course";
import { percentInWords } from "@/photos/left";
import { problemInWords } from "@/photos/problems";
import { MOST_RESULTS } from "@/photos/history";
import { isOngoing, type OngoingWork, type Photo, type Work } from "@/photos/photo";
import { workInWords } from "@/photos/stages";
import { useStored } from "@/hooks/useStored";
import { useWords } from "@/words/context";
import { said } from "@/words/words";
import { Note } from "@/components/ui/Note";
import styles from "./ViewerNotes.module.css";

type Props = {
  /** A problem with the server, not with one photo. */
  problem: Problem | null;
  isLoading: boolean;
  onReload: () => void;
  /** Photos among those added last that cannot be sent. */
  refused: readonly Photo[];
  onRead: () => void;
  /** How many older results of the photo were let go. */
  letGo: number;
  work: Work | null;
  course: Course | null;
  /** Other notes. */
  children?: ReactNode;
};

/** Messages above the picture, which they never cover. */
export function ViewerNotes(props: Props) {
  const { problem, isLoading, onReload, refused, onRead, letGo, work, course, children } = props;
  const t = useWords();
  const [told, setTold] = useStored("localStorage", "likeness.letGo"); // said once
  return (
    <>
      <div className={styles.top}>
        {problem !== null && (
          <Note role="status" action={{ icon: "retry", onClick: onReload, children: t("viewer.notes.retry") }}>
            {problemInWords(t, problem, null).words}
          </Note>
        )}
        {problem === null && isLoading && (
          <Note role="status" action={null}>
            {t("viewer.notes.loading")}
          </Note>
        )}
        {refused.length > 0 && (
          <Note role="alert" action={{ icon: "close", onClick: onRead, children: t("viewer.notes.close") }}>
            {refused.map(({ id, name, refusal }) => (
              <p key={id}>{t("viewer.notes.refusal", { name, reason: refusal ? said(t, refusal) : "" })}</p>
            ))}
          </Note>
        )}
        {letGo > 0 && told === null && (
          <Note
            role="status"
            action={{ icon: "close", onClick: () => setTold("told"), children: t("viewer.notes.close") }}
          >
            {t("viewer.history.letGo", { count: letGo, most: MOST_RESULTS })}
          </Note>
        )}
        {children}
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
