/** The faces of a photo that are known, and the strengths that a person has chosen for them. */
import type { Face } from "@/api/types";
import { facesKey, type FacesKey, type KnownFaces, type Overrides, type Photo } from "./photo";
import { carriedOver, placesOf } from "./places";

type Known = Pick<Photo, "faces" | "overrides">;

type Choice = { faces: FacesKey; face: number; strength: number | null };

/** The overrides with another strength for a face of those that are known by this key; null: the one for all. */
export function chosen(photo: Photo, { faces, face, strength }: Choice): Known {
  const others = Object.entries(photo.overrides[faces] ?? {}).filter(([index]) => Number(index) !== face);
  const overrides: Overrides = Object.fromEntries(strength === null ? others : [...others, [face, strength]]);
  return { faces: knownBy(photo, faces), overrides: { ...photo.overrides, [faces]: overrides } };
}

/** The faces that are known by this key: those of the result or of the look, or else those that were found last. */
function knownBy({ result, look, faces }: Photo, key: FacesKey): KnownFaces | null {
  if (result !== null && facesKey(result.request.options, result.request.boxes) === key) {
    return { key, places: placesOf(result.facts.faces) };
  }
  return look?.facts && look.faces === key ? { key, places: placesOf(look.facts.faces) } : faces;
}

/**
 * The faces that are known now. With `carries`, strengths chosen for others go to those at the same places. Where none
 * were ever chosen for the others, because a photo was sent before its faces were looked for, these keep their own.
 */
export function found(photo: Photo, key: FacesKey, faces: readonly Face[], carries: boolean): Known {
  const places = placesOf(faces);
  const { faces: before, overrides } = photo;
  // Found again as they were: nothing of the photo changes, so that nothing is written.
  if (isEqual(before, { key, places })) return { faces: before, overrides };
  const others = before !== null && before.key !== key ? overrides[before.key] : undefined;
  if (!carries || before === null || others === undefined) return { faces: { key, places }, overrides };
  return { faces: { key, places }, overrides: { ...overrides, [key]: carriedOver(others, before.places, places) } };
}

function isEqual(before: KnownFaces | null, now: KnownFaces): boolean {
  return before !== null && before.key === now.key && JSON.stringify(before.places) === JSON.stringify(now.places);
}
