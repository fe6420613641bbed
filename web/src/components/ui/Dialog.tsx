"use client";

import { useLayoutEffect, useRef, type ReactNode } from "react";
import styles from "./Dialog.module.css";

type Props = {
  label: string;
  /** Its greatest width, as CSS has it. */
  width: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at its end. */
  actions: ReactNode;
};

/** A dialog over the page, which is open as long as it is rendered. */
export function Dialog({ label, width, onClose, children, actions }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  // A layout effect closes the dialog while it is still in the document, so that the browser restores the focus.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      style={{ maxWidth: width }}
      aria-label={label}
      onCancel={onClose}
      onClose={onClose}
    >
      {children}
      <div className={styles.actions}>{actions}</div>
    </dialog>
  );
}
