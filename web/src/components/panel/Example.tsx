import styles from "./Example.module.css";

/** A small picture of what a choice does: before and after, made once by the service from the sample photo. */
export function Example({ name, alt }: { name: string; alt: string }) {
  return (
    <img
      className={styles.example}
      src={`/examples/${name}.webp`}
      alt={alt}
      width={120}
      height={60}
      loading="lazy"
      decoding="async"
    />
  );
}
