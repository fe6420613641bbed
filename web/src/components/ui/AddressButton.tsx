"use client";

import { useState } from "react";
import { useWords } from "@/words/context";
import { AddressForm } from "./AddressForm";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

type Props = {
  /** Takes what was typed; false: it is no address. */
  onAddress: (text: string) => boolean;
};

/** A button that opens a field for the address of a photo. */
export function AddressButton({ onAddress }: Props) {
  const t = useWords();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button icon="link" iconOnly title={t("welcome.address.open")} onClick={() => setOpen(true)}>
        {t("welcome.address.open")}
      </Button>
      {isOpen && <AddressDialog onAddress={onAddress} onClose={() => setOpen(false)} />}
    </>
  );
}

function AddressDialog({ onAddress, onClose }: Props & { onClose: () => void }) {
  const t = useWords();
  const take = (text: string) => {
    const isTaken = onAddress(text);
    if (isTaken) onClose();
    return isTaken;
  };
  return (
    <Dialog
      label={t("welcome.address.open")}
      width="30em"
      onClose={onClose}
      actions={<Button onClick={onClose}>{t("welcome.camera.cancel")}</Button>}
    >
      <AddressForm onAddress={take} />
    </Dialog>
  );
}
