"use client";

import { useEffect, useRef } from "react";
import { regionAround } from "@/view/region";
import styles from "./FacePair.module.css";

type Props = {
  number: number;
  /** x0, y0, x1, y1 in pixels of the photo that was sent. */
  box: number[];
  before: HTMLImageElement | null;
  after: HTMLImageElement | null;
  /** Width of the result in pixels. */
  width: number;
  /** Size of the result divided by the size of the photo. */
  factor: number;
  isSwapped: boolean;
  isSelected: boolean;
};

const SIDE = 720; // width and height of the canvas in pixels

export function FacePair({ number, box, before, after, width, factor, isSwapped, isSelected }: Props) {
  const pictures = [
    <FaceCanvas key="before" name={`Face ${number} before`} image={before} box={box} sent={width / factor} />,
    <FaceCanvas key="after" name={`Face ${number} after`} image={after} box={box} sent={width / factor} />,
  ];
  const words = ["before", "after"];
  const pair = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isSelected) pair.current?.scrollIntoView({ block: "nearest" });
  }, [isSelected]);
  return (
    <figure ref={pair} className={`${styles.pair} ${isSelected ? styles.selected : ""}`}>
      <div className={styles.pictures}>{isSwapped ? pictures.reverse() : pictures}</div>
      <figcaption className={styles.caption}>
        <span>{isSwapped ? words[1] : words[0]}</span>
        <span className={styles.number}>Face {number}</span>
        <span>{isSwapped ? words[0] : words[1]}</span>
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
    if (!context || image === null) return;
    const { naturalWidth: width, naturalHeight: height } = image;
    const region = regionAround(
      box.map((value) => (value * width) / sent),
      { width, height },
    );
    context.imageSmoothingQuality = "high";
    context.clearRect(0, 0, SIDE, SIDE);
    context.drawImage(image, region.x, region.y, region.side, region.side, 0, 0, SIDE, SIDE);
  }, [image, box, sent]);
  return <canvas ref={canvas} className={styles.picture} width={SIDE} height={SIDE} role="img" aria-label={name} />;
}
