"use client";

import { useEffect, useRef } from "react";
import { regionAround } from "@/view/region";
import { useWords } from "@/words/context";
import styles from "./FacePair.module.css";

type Side = { name: string; words: string; image: HTMLImageElement | null };

type Props = {
  number: number;
  /** x0, y0, x1, y1 in pixels of the photo that was sent. */
  box: number[];
  /** Left and right, or a single one. */
  sides: readonly Side[];
  /** Width of the photo that was sent, in pixels. */
  width: number;
  isSelected: boolean;
};

const SIDE = 720; // width and height of the canvas in pixels

export function FacePair({ number, box, sides, width, isSelected }: Props) {
  const t = useWords();
  const pair = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isSelected) pair.current?.scrollIntoView({ block: "nearest" });
  }, [isSelected]);
  return (
    <figure ref={pair} className={`${styles.pair} ${isSelected ? styles.selected : ""}`}>
      <div className={styles.pictures}>
        {sides.map(({ name, image }) => (
          <FaceCanvas
            key={name}
            name={t("viewer.face.picture", { number, side: name })}
            image={image}
            box={box}
            sent={width}
          />
        ))}
      </div>
      <figcaption className={styles.caption}>
        <span>{sides[0]?.words}</span>
        <span className={styles.number}>{t("viewer.face.name", { number })}</span>
        <span>{sides[1]?.words}</span>
      </figcaption>
    </figure>
  );
}

type CanvasProps = { name: string; image: HTMLImageElement | null; box: number[]; sent: number };

/** The part of an image around a box. The box is in pixels of a picture that is `sent` pixels wide. */
function FaceCanvas({ name, image, box, sent }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    context?.clearRect(0, 0, SIDE, SIDE); // of another version or photo
    if (!context || image === null) return;
    const { naturalWidth: width, naturalHeight: height } = image;
    const region = regionAround(
      box.map((value) => (value * width) / sent),
      { width, height },
    );
    context.imageSmoothingQuality = "high";
    context.drawImage(image, region.x, region.y, region.side, region.side, 0, 0, SIDE, SIDE);
  }, [image, box, sent]);
  return <canvas ref={canvas} className={styles.picture} width={SIDE} height={SIDE} role="img" aria-label={name} />;
}
