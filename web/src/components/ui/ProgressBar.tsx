import styles from "./ProgressBar.module.css";

type Props = {
  /** What is going on. */
  label: string;
  /** How much of it is done, in [0, 1]; null if that is unknown. */
  fraction: number | null;
  /** The same in words, where there is more to say than the percentage. */
  text?: string;
};

/** A bar that fills. Its fill moves smoothly from one value to the next. */
export function ProgressBar({ label, fraction, text }: Props) {
  return (
    <div
      className={`${styles.bar} ${fraction === null ? styles.unknown : ""}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(fraction !== null && { "aria-valuenow": Math.floor(fraction * 100), "aria-valuetext": text })}
    >
      {fraction !== null && <div className={styles.fill} style={{ inlineSize: `${fraction * 100}%` }} />}
    </div>
  );
}
