import type { Fault } from "@/storage/faults";

const WORDS: Record<Fault, string> = {
  unavailable:
    "This browser keeps nothing for this page, as in some private windows: photos and results last until you leave it.",
  full: "The space that this browser gives this page is used up, so not everything here is kept. Save the results, or remove photos.",
  newer: "A newer version of this page is open in another tab: what you do here is not kept any more. Reload the page.",
  deleted: "The browser has deleted what it kept for this page. What is shown here lasts until you leave it.",
  undeleted:
    "What was kept before could not be deleted. You can delete this site’s data in the settings of the browser.",
  unwritten: "This browser could not keep everything that is shown here. Save the results before you leave.",
};

/** Why photos are not kept, and what a person can do. */
export function faultInWords(fault: Fault): string {
  return WORDS[fault];
}
