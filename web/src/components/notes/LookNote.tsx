import { aboutInWords, facesInWords, memoryInWords } from "@/photos/estimate";
import { noticesOf, type Foresight } from "@/photos/look";
import { useWords } from "@/words/context";
import { Icon } from "@/components/ui/Icon";
import styles from "./LookNote.module.css";

/** What a photo will give and take, before it is restored. Announcement tells it to screen readers. */
export function LookNote({ foresight: { facts, isLooking } }: { foresight: Foresight }) {
  const t = useWords();
  if (facts === null) return isLooking ? <p className={styles.line}>{t("actions.looking")}</p> : null;
  const { faces, width, height, estimate } = facts;
  return (
    <div className={`${styles.note} ${isLooking ? styles.old : ""}`} aria-busy={isLooking}>
      <p className={styles.line} title={memoryInWords(facts, t)}>
        <span>{facesInWords(faces, t)}</span>
        <span>{t("actions.size", { width, height })}</span>
        <span>{aboutInWords(estimate.seconds, t)}</span>
      </p>
      {noticesOf(facts, t).map(({ code, message }) => (
        <p key={code + message} className={styles.notice}>
          <Icon name="warning" size={16} />
          <span>{message}</span>
        </p>
      ))}
    </div>
  );
}
