/** The server's notices in the words of this page, where the server's name fields of the API. */
import type { Warning } from "@/api/types";

const WORDS = new Map(
  Object.entries({
    face_boxes_known: "A face that you marked was found already, so your box adds no other.",
    landmarks_estimated:
      "No face could be seen in a box of yours. Its eyes, nose and mouth are guessed, and may come out wrong.",
  }),
);

/** The message for a person: the server's, unless it names the field for boxes. */
export function plainMessage({ code, message }: Warning): string {
  if (!message.includes("face_boxes")) return message;
  return WORDS.get(code) ?? message.replace("mark it with face_boxes", "press “Mark a face” and draw a box around it");
}
