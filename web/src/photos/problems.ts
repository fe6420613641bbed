/** Problems as a person reads them: in the language of the page, by the code of the server. */
import type { Problem } from "@/api/problem";
import type { Limits } from "@/api/types";
import { ENGLISH } from "@/words/messages";
import { said, type MessageKey, type Words } from "@/words/words";

export type ProblemWords = {
  words: string;
  /** What the server says more of it, in English. */
  detail: string | null;
};

/** What the server answers where a page asks for what no person has chosen: it is of another version. */
const MISUNDERSTOOD = [
  "head_too_large",
  "idempotency_mismatch",
  "malformed_form",
  "malformed_handshake",
  "malformed_host",
  "malformed_request",
  "method_not_allowed",
  "not_acceptable",
  "range_not_satisfiable",
  "range_outside",
  "unknown_parameter",
  "upgrade_required",
];

/** Codes whose sentence tells more than the code: which option, what is damaged, how much there may be. */
const TELLING = [
  ...MISUNDERSTOOD,
  "bad_archive",
  "bad_archive_entry",
  "bad_input",
  "bad_parameter",
  "broken_image",
  "device_failed",
  "memory_low",
  "model_unavailable",
  "not_ready",
  "output_format_limit",
  "pipeline_error",
  "quota_exceeded",
  "stage_failed",
  "store_unavailable",
  "too_many_pixels",
  "unauthorized",
  "unavailable",
  "unknown_host",
  "unsupported_media_type",
  "url_refused",
  "url_unreachable",
];

/**
 * What to say of a problem. Of a code that this page does not know it is the server's own sentence, as it is where the
 * page's would name a limit that it does not know.
 */
export function problemInWords(t: Words, { message, code }: Problem, limits: Partial<Limits> | null): ProblemWords {
  if (typeof message !== "string") return { words: said(t, message), detail: null };
  const words = wordsOf(t, code, limits);
  if (words === null) return { words: message, detail: null };
  const isNew = !words.startsWith(message);
  return { words, detail: isNew && TELLING.includes(code) ? message : null };
}

function wordsOf(t: Words, code: string, limits: Partial<Limits> | null): string | null {
  if (MISUNDERSTOOD.includes(code)) return t("problems.misunderstood");
  const values = valuesOf(code, limits ?? {});
  const isKnown = Object.hasOwn(ENGLISH.problems.byCode, code); // each language has the keys of English
  return isKnown && values !== null ? t(`problems.byCode.${code}` as MessageKey, values) : null;
}

/** The values of the sentence for a code; null: they are not known. */
function valuesOf(code: string, limits: Partial<Limits>): Record<string, number> | null {
  switch (code) {
    case "too_many_bytes":
      return known({ megabytes: limits.max_upload_mb });
    case "too_many_pixels":
      return known({ input: limits.max_input_megapixels, output: limits.max_output_megapixels });
    default:
      return {};
  }
}

function known(values: Record<string, number | undefined>): Record<string, number> | null {
  return Object.values(values).includes(undefined) ? null : (values as Record<string, number>);
}
