/** In which words the results of a photo differ from each other. */
import type { Words } from "@/words/words";
import { FORMATS } from "./formats";
import { canonical, type Result } from "./photo";
import { QUALITIES } from "./quality";

/** What a person may see or have chosen of a result; null: there is no word for it. */
type Trait = (result: Result, t: Words) => string | null;

const TRAITS: readonly Trait[] = [
  ({ facts }) => facts.models.restorer ?? null,
  ({ request }, t) => t("viewer.differences.strength", { percent: Math.round(request.options.strength * 100) }),
  ({ facts }, t) => t("viewer.differences.size", { width: facts.width, height: facts.height }),
  ({ request }, t) => (request.options.preset in QUALITIES ? t(QUALITIES[request.options.preset]) : null),
  ({ request }, t) =>
    request.options.color_correction === "none" ? t("viewer.differences.ownColours") : t("viewer.differences.colours"),
  ({ request }, t) => (Object.keys(request.overrides).length > 0 ? t("viewer.differences.faces") : null),
  ({ facts }) => FORMATS[facts.media_type]?.name ?? null,
];

/** Of each result what is not the same for all of them; "other settings" where these words do not tell two apart. */
export function differencesOf(results: readonly Result[], t: Words): string[] {
  const told = TRAITS.map((trait) => results.map((result) => trait(result, t))).filter(differs);
  const texts = results.map((_, index) => joined(told.map((words) => words[index] ?? null)));
  const requests = results.map(({ request }) => canonical(request));
  return texts.map((text, index) => {
    const isOther = requests[texts.indexOf(text)] !== requests[index];
    return isOther ? joined([text, t("viewer.differences.other")]) : text;
  });
}

function differs(words: readonly (string | null)[]): boolean {
  return new Set(words).size > 1;
}

function joined(words: readonly (string | null)[]): string {
  return words.filter((word) => word !== null && word !== "").join(" · ");
}
