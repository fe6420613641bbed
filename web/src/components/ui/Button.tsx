import type { ComponentProps } from "react";
import styles from "./Button.module.css";
import { Icon, type IconName } from "./Icon";

type Props = Omit<ComponentProps<"button">, "className"> & {
  kind?: "primary" | "plain" | "bare";
  icon?: IconName;
  /** Shows only the icon; the text becomes the accessible name. */
  iconOnly?: boolean;
};

export function Button({ kind = "plain", icon, iconOnly = false, children, ...rest }: Props) {
  return (
    <button type="button" {...rest} className={`${styles.button} ${styles[kind]} ${iconOnly ? styles.iconOnly : ""}`}>
      {icon && <Icon name={icon} />}
      <span className={iconOnly ? "visually-hidden" : undefined}>{children}</span>
    </button>
  );
}
