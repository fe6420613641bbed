"use client";

import { useLayoutEffect, useRef, useState } from "react";
import styles from "./AddressButton.module.css";
import { AddressForm } from "./AddressForm";
import { Button } from "./Button";

type Props = {
  /** Takes what was typed; false: it is no address. */
  onAddress: (text: string) => boolean;
};

/** A button that opens a field for the address of a photo. */
export function AddressButton({ onAddress }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button icon="link" iconOnly title="Add a photo by its address" onClick={() => setOpen(true)}>
        Add a photo by its address
      </Button>
      {isOpen && <AddressDialog onAddress={onAddress} onClose={() => setOpen(false)} />}
    </>
  );
}

function AddressDialog({ onAddress, onClose }: Props & { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // A layout effect closes the dialog while it is still in the document, so that the browser restores the focus.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const take = (text: string) => {
    const isTaken = onAddress(text);
    if (isTaken) onClose();
    return isTaken;
  };
  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-label="Add a photo by its address"
      onCancel={onClose}
      onClose={onClose}
    >
      <AddressForm onAddress={take} />
      <div className={styles.actions}>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </dialog>
  );
}
