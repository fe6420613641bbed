"use client";

import type { Config } from "@/api/types";
import { useWords } from "@/words/context";
import { useFaceKeys } from "@/hooks/useFaceKeys";
import { isLarger } from "@/photos/done";
import { otherWarnings, scaleOf } from "@/photos/figures";
import { plainMessage } from "@/photos/notices";
import type { Options } from "@/photos/options";
import { facesKey, isSendable, type Photo, type Result } from "@/photos/photo";
import { enlargementOf } from "@/photos/scale";
import { markedFaces, placesOf } from "@/photos/places";
import { Details } from "./Details";
import { FaceCard } from "./FaceCard";
import { Figures } from "./Figures";
import { Verdict } from "./Verdict";
import { Icon } from "@/components/ui/Icon";
import styles from "./ResultPanel.module.css";

type Props = {
  photo: Photo;
  result: Result;
  config: Config;
  /** The options chosen now; `result` may have been made with others. */
  options: Options;
  /** Whether its faces are shown; not if others have been found since. */
  isWithFaces: boolean;
  selectedFace: number | null;
  onFace: (face: number) => void;
  onOverride: (face: number, strength: number | null) => void;
  /** Removes a box that a person has drawn; null: the server takes none. */
  onUnmark: ((box: number) => void) | null;
};

/** The result: warnings, faces, figures, and the time of each step. */
export function ResultPanel(props: Props) {
  const { photo, result, config, options, isWithFaces, selectedFace, onFace, onOverride, onUnmark } = props;
  const t = useWords();
  const { facts, request } = result;
  const key = facesKey(request.options, request.boxes);
  const overrides = photo.overrides[key] ?? {};
  const { list, onKeyDown } = useFaceKeys<HTMLDivElement>(facts.faces.length, selectedFace, onFace);
  const scale = scaleOf(facts, config);
  const enlargement = enlargementOf(photo, result);
  const isOtherwiseColoured = options.color_correction !== request.options.color_correction;
  const isOtherwiseMarked = key !== facesKey(request.options, photo.boxes);
  const again = isOtherwiseColoured ? "faces.obstacles.colours" : isOtherwiseMarked ? "faces.obstacles.boxes" : null;
  const obstacle = isSendable(photo) ? again : "faces.obstacles.noPhoto";
  const marked = markedFaces(photo.boxes, placesOf(facts.faces));
  const warnings = otherWarnings(facts);
  return (
    <>
      <Verdict result={result} enlargement={enlargement} scale={scale} config={config} />
      {warnings.length > 0 && (
        <ul className={styles.warnings} aria-label={t("result.warnings.title")}>
          {warnings.map(({ code, message }) => (
            <li key={code + message}>
              <Icon name="warning" size={16} />
              <span>{plainMessage({ code, message }, t)}</span>
            </li>
          ))}
        </ul>
      )}
      {isWithFaces && facts.faces.length > 0 && (
        <section aria-labelledby="faces">
          <h2 id="faces" className={styles.title}>
            {t("faces.count", { count: facts.faces.length })}
          </h2>
          <div ref={list} className={styles.faces} onKeyDown={onKeyDown}>
            {facts.faces.map((face, index) => (
              <FaceCard
                key={index}
                face={face}
                number={index + 1}
                scale={scale}
                isEnlarged={isLarger(enlargement)}
                isSelected={index === selectedFace}
                override={overrides[index]}
                isPending={overrides[index] !== request.overrides[index]}
                strength={request.options.strength}
                bounds={config.limits.strength}
                obstacle={obstacle && t(obstacle)}
                onSelect={() => onFace(index)}
                onOverride={(strength) => onOverride(index, strength)}
                onUnmark={onUnmark && marked.includes(index) ? () => onUnmark(marked.indexOf(index)) : null}
              />
            ))}
          </div>
          <p className={styles.hint}>{t("faces.whole")}</p>
        </section>
      )}
      <Figures result={result} scale={scale} config={config} />
      <Details result={result} />
    </>
  );
}
