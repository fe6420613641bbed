/** Why a face is as it is: the server's sentences in the words of this page, or as they are where they are not known. */
import type { MessageKey, Words } from "@/words/words";

type Known = readonly [sentence: RegExp, key: MessageKey];

const UNDER = "(?<similarity>-?[\\d.]+), under (?<threshold>-?[\\d.]+)\\.";

const REASONS: readonly Known[] = [
  [/^Left as it was, as asked for this face/, "faces.reasons.asked"],
  [/^Strength 0: upscaled only/, "faces.reasons.zero"],
  [/^Not among the faces that were asked for/, "faces.reasons.notChosen"],
  [/^Too small to restore: its eyes are under 5 pixels apart/, "faces.reasons.tooSmall"],
  [/^At (?<size>\d+) pixels larger than this restorer's (?<largest>\d+)/, "faces.reasons.tooLarge"],
  [/^The restorer found nothing to change/, "faces.reasons.unchanged"],
  [/^Restored, it would be less sharp than upscaled only/, "faces.reasons.blurrier"],
  [new RegExp(`^Restored, its similarity would be ${UNDER}`), "faces.reasons.unlike"],
  [new RegExp(`^Even at strength [\\d.]+ its similarity would be ${UNDER}`), "faces.reasons.unlike"],
  [new RegExp(`^Strength lowered from [\\d.]+: at [\\d.]+ the similarity would be ${UNDER}`), "faces.reasons.softened"],
  [/^Similarity is under (?<threshold>-?[\d.]+)\.$/, "faces.reasons.low"],
];

export function reasonInWords(reason: string, t: Words): string {
  for (const [sentence, key] of REASONS) {
    const found = sentence.exec(reason);
    if (found === null) continue;
    const values = Object.entries(found.groups ?? {}).map(([name, value]) => [name, Number(value)]);
    return t(key, Object.fromEntries(values) as Record<string, number>);
  }
  return reason;
}
