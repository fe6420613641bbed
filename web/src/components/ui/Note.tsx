import type { ComponentProps, ReactNode } from "react";
import { Button } from "@/components/ui/Button";
import styles from "./Note.module.css";

type Props = {
  role: "status" | "alert";
  /** A button; null if the person can only wait. */
  action: Pick<ComponentProps<typeof Button>, "icon" | "onClick" | "children"> | null;
  children: ReactNode;
};

/** A message over the picture. */
export function Note({ role, action, children }: Props) {
  return (
    <div className={styles.note} role={role}>
      <div className={styles.words}>{children}</div>
      {action && <Button {...action} />}
    </div>
  );
}
