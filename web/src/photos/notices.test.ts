// @vitest-environment node
import { expect, it } from "vitest";
import { plainMessage } from "./notices";

it.each([
  ["the server's, if it names no field", "first_page", "Only the first page is used.", "Only the first page is used."],
  [
    "the page's, where the server's names the field for boxes",
    "landmarks_estimated",
    "The detector sees no face in 1 of the face_boxes; eyes, nose and mouth were estimated from the box.",
    "No face could be seen in a box of yours. Its eyes, nose and mouth are guessed, and may come out wrong.",
  ],
  [
    "the page's, where the server's names what its preset has left out",
    "self_ensemble_left_out",
    "The preset left it out. self_ensemble=true asks for it all the same.",
    "This server is not fast enough to look eight times at every part of this photo, so it looks once.",
  ],
  [
    "the server's, with the button instead of the field",
    "no_face_detected",
    "No face was found. If it is dark, mark it with face_boxes.",
    "No face was found. If it is dark, press “Mark a face” and draw a box around it.",
  ],
  ["the server's for an unknown code", "bad_face_box", "face_boxes: box 0 is bad.", "face_boxes: box 0 is bad."],
])("is %s", (_what, code, message, words) => {
  expect(plainMessage({ code, message })).toBe(words);
});
