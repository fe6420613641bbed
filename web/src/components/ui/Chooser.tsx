"use client";

import { lazy, Suspense, useRef, useState } from "react";
import { useWords } from "@/words/context";
import { Button } from "./Button";
import { ErrorBoundary } from "./ErrorBoundary";
import type { IconName } from "./Icon";

/** Few take a picture, so its script is fetched then. */
const CameraDialog = lazy(() => import("./CameraDialog").then(({ CameraDialog }) => ({ default: CameraDialog })));

type Props = { accept: string; onFiles: (files: File[]) => void; compact?: boolean };

/** Two buttons that add photos: from files, and from a camera. */
export function Chooser({ accept, onFiles, compact = false }: Props) {
  const t = useWords();
  const files = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const [isCameraOpen, setCameraOpen] = useState(false);

  // A phone's camera app takes better pictures than a video frame. Other devices have none, so the page opens a dialog.
  const takePicture = () => {
    const canStream = window.matchMedia("(pointer: fine)").matches && navigator.mediaDevices !== undefined;
    if (canStream) setCameraOpen(true);
    else camera.current?.click();
  };
  const choose = () => files.current?.click();
  const input = (ref: typeof files, capture?: "environment") => (
    <input
      ref={ref}
      type="file"
      accept={accept}
      multiple={capture === undefined}
      capture={capture}
      hidden
      aria-label={capture ? t("welcome.choose.cameraInput") : t("welcome.choose.input")}
      onChange={(event) => {
        onFiles([...(event.target.files ?? [])]);
        event.target.value = ""; // otherwise the same file could not be chosen again
      }}
    />
  );
  const button = (icon: IconName, text: string, isMain: boolean, onClick: () => void) => (
    <Button
      kind={isMain && !compact ? "primary" : "plain"}
      icon={icon}
      iconOnly={compact}
      title={text}
      onClick={onClick}
    >
      {text}
    </Button>
  );
  return (
    <>
      {compact
        ? button("add", t("welcome.choose.more"), true, choose)
        : button("photo", t("welcome.choose.many"), true, choose)}
      {button("camera", t("welcome.choose.camera"), false, takePicture)}
      {input(files)}
      {input(camera, "environment")}
      {isCameraOpen && (
        <ErrorBoundary resetKey={isCameraOpen}>
          <Suspense>
            <CameraDialog onPicture={(file) => onFiles([file])} onClose={() => setCameraOpen(false)} />
          </Suspense>
        </ErrorBoundary>
      )}
    </>
  );
}
