"use client";

import type { Config } from "@/api/types";
import { otherWarnings, scaleOf } from "@/photos/figures";
import type { Options } from "@/photos/options";
import { requestFor, type Photo, type Result } from "@/photos/photo";
import { Details } from "./Details";
import { FaceCard } from "./FaceCard";
import { Figures } from "./Figures";
import { Icon } from "@/components/ui/Icon";
import styles from "./ResultPanel.module.css";

const FACES_DETECTED_AGAIN =
  "With the colours corrected otherwise the faces are looked for anew. Restore the photo first.";

type Props = {
  photo: Photo;
  result: Result;
  config: Config;
  /** The options chosen now; `result` may have been made with others. */
  options: Options;
  selectedFace: number | null;
  onFace: (face: number) => void;
  onOverride: (face: number, strength: number | null) => void;
};

/** The result: warnings, faces, figures, and the time of each step. */
export function ResultPanel({ photo, result, config, options, selectedFace, onFace, onOverride }: Props) {
  const { facts, request } = result;
  const { overrides } = requestFor(photo, request.options);
  const scale = scaleOf(facts, config);
  const isOtherwiseColoured = options.color_correction !== request.options.color_correction;
  const warnings = otherWarnings(facts, scale);
  return (
    <>
      {warnings.length > 0 && (
        <ul className={styles.warnings} aria-label="Warnings">
          {warnings.map(({ code, message }) => (
            <li key={code + message}>
              <Icon name="warning" size={16} />
              <span>{message}</span>
            </li>
          ))}
        </ul>
      )}
      {facts.faces.length > 0 && (
        <section aria-labelledby="faces">
          <h2 id="faces" className={styles.title}>
            {facts.faces.length === 1 ? "One face" : `${facts.faces.length} faces`}
          </h2>
          <div className={styles.faces}>
            {facts.faces.map((face, index) => (
              <FaceCard
                key={index}
                face={face}
                number={index + 1}
                scale={scale}
                isSelected={index === selectedFace}
                override={overrides[index]}
                isPending={overrides[index] !== request.overrides[index]}
                strength={request.options.strength}
                bounds={config.limits.strength}
                obstacle={isOtherwiseColoured ? FACES_DETECTED_AGAIN : null}
                onSelect={() => onFace(index)}
                onOverride={(strength) => onOverride(index, strength)}
              />
            ))}
          </div>
        </section>
      )}
      <Figures result={result} scale={scale} config={config} />
      <Details result={result} />
    </>
  );
}
