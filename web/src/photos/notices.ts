/** The server's notices in the words of this page; the server's own where it names a code that the page does not know. */
import type { Warning } from "@/api/types";
import english from "@/messages/en.json";
import type { Words } from "@/words/words";

type Code = Exclude<keyof typeof english.result.notices, "markAFace">;

const CODES = new Set(Object.keys(english.result.notices).filter((code) => code !== "markAFace"));

/** What the server's sentences advise, of a field that this page has a button for. */
const ADVICE = "mark it with face_boxes";

/**
 * The notice for a person. A message of the page may contain the server's sentence, where that says more than the code:
 * which option had no effect, how much of the file is missing.
 */
export function plainMessage({ code, message }: Warning, t: Words): string {
  const plain = message.replace(ADVICE, t("result.notices.markAFace"));
  return isKnown(code) ? t(`result.notices.${code}`, { message: plain }) : plain;
}

function isKnown(code: string): code is Code {
  return CODES.has(code);
}
