/** The server's notices in the words of this page, where the server's name fields of the API. */
import type { Warning } from "@/api/types";

/** Fields that messages name and that a person of this page does not know. */
const FIELDS = ["face_boxes", "self_ensemble"];

const WORDS = new Map(
  Object.entries({
    face_boxes_known: "A face that you marked was found already, so your box adds no other.",
    landmarks_estimated:
      "No face could be seen in a box of yours. Its eyes, nose and mouth are guessed, and may come out wrong.",
    self_ensemble_left_out:
      "This server is not fast enough to look eight times at every part of this photo, so it looks once.",
  }),
);

/** The message for a person: the server's, unless it names such a field. */
export function plainMessage({ code, message }: Warning): string {
  if (!FIELDS.some((name) => message.includes(name))) return message;
  return WORDS.get(code) ?? message.replace("mark it with face_boxes", "press “Mark a face” and draw a box around it");
}
