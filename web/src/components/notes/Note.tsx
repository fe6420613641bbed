import type { ComponentProps, ReactNode } from "react";
import { Button } from "@/components/ui/Button";
import styles from "./Note.module.css";

type Props = {
  role: "status" | "alert";
  /** What can be done about it; null: nothing but to wait. */
  action: Pick<ComponentProps<typeof Button>, "icon" | "onClick" | "children"> | null;
  children: ReactNode;
};

/** Something to know, laid over the picture. */
export function Note({ role, action, children }: Props) {
  return (
    <div className={styles.note} role={role}>
      <div className={styles.words}>{children}</div>
      {action && <Button {...action} />}
    </div>
  );
}
