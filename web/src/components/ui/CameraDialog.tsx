"use client";

import { useEffect, useRef, useState } from "react";
import { useWords } from "@/words/context";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import styles from "./CameraDialog.module.css";

type Props = { onPicture: (file: File) => void; onClose: () => void };

const QUALITY = 0.95; // of the JPEG made from a video frame

export function CameraDialog({ onPicture, onClose }: Props) {
  const t = useWords();
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<"opening" | "open" | "taken" | "refused">("opening");

  useEffect(() => {
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

  const actions = (
    <>
      <Button onClick={onClose}>{t("welcome.camera.cancel")}</Button>
      {state !== "refused" && (
        <Button kind="primary" icon="camera" disabled={state !== "open"} onClick={take}>
          {t("welcome.camera.take")}
        </Button>
      )}
    </>
  );
  return (
    <Dialog label={t("welcome.choose.camera")} width="900px" onClose={onClose} actions={actions}>
      {state === "refused" ? (
        <p className={styles.refused} role="alert">
          {t("welcome.camera.refused")}
        </p>
      ) : (
        <video ref={video} className={styles.video} autoPlay muted playsInline aria-label={t("welcome.camera.sees")} />
      )}
    </Dialog>
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
