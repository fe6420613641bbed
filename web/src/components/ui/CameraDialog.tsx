"use client";

import { useLayoutEffect, useRef, useState } from "react";
import { Button } from "./Button";
import styles from "./CameraDialog.module.css";

type Props = { onPicture: (file: File) => void; onClose: () => void };

const QUALITY = 0.95; // of the JPEG made from a video frame

export function CameraDialog({ onPicture, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<"opening" | "open" | "taken" | "refused">("opening");

  // A layout effect closes the dialog while it is still in the document, so that the browser restores the focus.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    let stream: MediaStream | null = null;
    let isClosed = false;
    navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 4096 }, height: { ideal: 2160 } } }).then(
      (opened) => {
        if (isClosed) return stop(opened);
        stream = opened;
        if (video.current) video.current.srcObject = opened;
        setState("open");
      },
      () => setState("refused"),
    );
    return () => {
      isClosed = true;
      if (stream) stop(stream);
      element?.close();
    };
  }, []);

  const take = () => {
    const source = video.current;
    if (!source || source.videoWidth === 0) return; // no frame has arrived yet
    setState("taken");
    const canvas = document.createElement("canvas");
    canvas.width = source.videoWidth;
    canvas.height = source.videoHeight;
    canvas.getContext("2d")?.drawImage(source, 0, 0);
    canvas.toBlob(
      (blob) => {
        if (blob) onPicture(new File([blob], `camera-${stamp(new Date())}.jpg`, { type: "image/jpeg" }));
        onClose();
      },
      "image/jpeg",
      QUALITY,
    );
  };

  return (
    <dialog ref={dialog} className={styles.dialog} aria-label="Take a picture" onCancel={onClose} onClose={onClose}>
      {state === "refused" ? (
        <p className={styles.refused} role="alert">
          The camera cannot be used: there is none, another program has it, or this page may not.
        </p>
      ) : (
        <video ref={video} className={styles.video} autoPlay muted playsInline aria-label="What the camera sees" />
      )}
      <div className={styles.actions}>
        <Button onClick={onClose}>Cancel</Button>
        {state !== "refused" && (
          <Button kind="primary" icon="camera" disabled={state !== "open"} onClick={take}>
            Take picture
          </Button>
        )}
      </div>
    </dialog>
  );
}

function stop(stream: MediaStream): void {
  stream.getTracks().forEach((track) => track.stop());
}

/** A date for a file name, such as 2026-11-21-104233. */
function stamp(date: Date): string {
  const pad = (number: number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join("-");
  return `${day}-${pad(date.getHours())}${pad(date.getMinutes())}${pad(date.getSeconds())}`;
}
