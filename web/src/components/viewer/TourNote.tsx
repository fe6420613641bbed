import { HINTS, type Tour } from "@/hooks/useTour";
import { Button } from "@/components/ui/Button";
import { useWords } from "@/words/context";
import styles from "./TourNote.module.css";

/** One hint, above the picture, so that it covers nothing; the page outlines what it names. */
export function TourNote({ hint, next, close }: Tour) {
  const t = useWords();
  if (hint === null) return null;
  const place = HINTS.indexOf(hint) + 1;
  return (
    <div className={styles.tour}>
      <p className={styles.words} role="status">
        <span className={styles.place}>{t("tour.place", { number: place, count: HINTS.length })}</span>
        {t(`tour.${hint}`)}
      </p>
      {place < HINTS.length && <Button onClick={next}>{t("tour.next")}</Button>}
      <Button kind="bare" icon="close" iconOnly title={t("tour.close")} onClick={close}>
        {t("tour.close")}
      </Button>
    </div>
  );
}
