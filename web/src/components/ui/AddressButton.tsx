"use client";

import { useState } from "react";
import { AddressForm } from "./AddressForm";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

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
  const take = (text: string) => {
    const isTaken = onAddress(text);
    if (isTaken) onClose();
    return isTaken;
  };
  return (
    <Dialog
      label="Add a photo by its address"
      width="30em"
      onClose={onClose}
      actions={<Button onClick={onClose}>Cancel</Button>}
    >
      <AddressForm onAddress={take} />
    </Dialog>
  );
}
