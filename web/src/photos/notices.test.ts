// @vitest-environment node
import { expect, it } from "vitest";
import { ENGLISH, loadMessages } from "@/words/messages";
import { wordsIn } from "@/words/words";
import { plainMessage } from "./notices";

const t = wordsIn("en", ENGLISH);

it.each([
  ["the page's for a code that it knows", "first_page", "1 of 3 pages.", ENGLISH.result.notices.first_page],
  [
    "the page's, where the server's names the field for boxes",
    "landmarks_estimated",
    "The detector sees no face in 1 of the face_boxes; eyes, nose and mouth were estimated from the box.",
    "No face could be seen in a box of yours. Its eyes, nose and mouth are guessed, and may come out wrong.",
  ],
  [
    "the server's, where it says more than the code",
    "photo_truncated",
    "The file is incomplete: 12 of its picture's 80 rows are missing, and left grey.",
    "The file is incomplete: 12 of its picture's 80 rows are missing, and left grey.",
  ],
  [
    "the server's for an unknown code, with the button instead of the field",
    "face_too_dark",
    "No face was found. If it is dark, mark it with face_boxes.",
    "No face was found. If it is dark, press “Mark a face” and draw a box around it.",
  ],
  ["the server's for an unknown code", "bad_face_box", "face_boxes: box 0 is bad.", "face_boxes: box 0 is bad."],
  ["the server's for a code that is no notice", "markAFace", "What is this?", "What is this?"],
])("is %s", (_what, code, message, words) => {
  expect(plainMessage({ code, message }, t)).toBe(words);
});

it("is in the person's language, with the server's sentence where that says more", async () => {
  const german = wordsIn("de", await loadMessages("de"));
  expect(plainMessage({ code: "first_page", message: "Only the first." }, german)).toMatch(
    /^Die Datei hat mehrere Seiten/,
  );
  const truncated = { code: "photo_truncated", message: "12 rows are missing." };
  expect(plainMessage(truncated, german)).toBe("Die Datei ist unvollständig. (12 rows are missing.)");
});
