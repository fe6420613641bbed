"""Identity: whether each restored face is still the same person, and what to do if it is not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pipeline.errors import StageFailed
from pipeline.geometry import IDENTITY_MATRIX, resize, scaled, transform_points
from pipeline.models.roles import Recogniser
from pipeline.options import EnhanceOptions, IdentityPolicy
from pipeline.run import Run
from pipeline.types import FloatArray, Image, PlannedFace, Verdict

# Halvings of the strength interval under `protect`: the strength is found to within 1/16 of what was asked.
SEARCH_STEPS = 4

LEAST_STRENGTH = 1 / 16  # a lower strength makes no visible difference

FACES_AT_ONCE = 8  # embedded in one call; the run is checked between calls

TOLERANCE = 1e-6  # two float32 embeddings of the same face have a cosine of not exactly 1


def judge(
    faces: Sequence[PlannedFace], recogniser: Recogniser | None, options: EnhanceOptions, run: Run
) -> list[PlannedFace]:
    """The faces with a verdict on the strength that each is first pasted with.

    Under the policy `protect` each crop is compared before and after restoration, and the strength is lowered by
    bisection to the highest that keeps the similarity at the threshold; if none does, the original face is kept. Under
    `warn`, or without a recogniser, every face is restored as asked. `compare` then measures the similarity in the
    finished picture.

    Raises `StageFailed` where the recogniser answers with something that is no embedding, and `DeviceOutOfMemory`.
    """
    if recogniser is None or options.identity_policy == "warn":
        return list(faces)
    threshold = _threshold(recogniser, options)
    pasted = [face for face in faces if face.verdict.is_pasted]
    landmarks = [transform_points(face.face.landmarks, face.crop.affine_matrix) for face in pasted]
    before = _embed(recogniser, [face.crop.image for face in pasted], landmarks, run)
    judged: dict[int, PlannedFace] = {}
    for face, points, original in zip(pasted, landmarks, before, strict=True):
        verdict = _judged(face, points, original, recogniser, threshold, run)
        judged[face.index] = replace(face, verdict=verdict)
        run.progress(len(judged), len(pasted))
    return [judged.get(face.index, face) for face in faces]


def compare(
    photo: Image,
    result: Image,
    faces: Sequence[PlannedFace],
    recogniser: Recogniser,
    options: EnhanceOptions,
    run: Run,
) -> list[PlannedFace]:
    """The faces with the similarity of each pasted face in the photo and in the finished picture.

    `photo` is (H, W, 3); `result` (h, w, 3) is the photo at its new size with the faces pasted. If it is smaller, it is
    compared with the photo at the same size, so that what a face loses by shrinking does not count as the restorer's
    doing. The similarity is the cosine of two embeddings, in [-1, 1]. Where it is under the threshold, the policy
    `warn` gives a reason, and `protect` halves the face's strength, or keeps the original face where the half would be
    under 1/16. Then the faces have to be pasted and compared again.

    Raises as `judge` does.
    """
    threshold = _threshold(recogniser, options)
    pasted = [face for face in faces if face.verdict.is_pasted]
    height, width = result.shape[:2]
    matrix = scaled(IDENTITY_MATRIX, width / photo.shape[1], height / photo.shape[0])
    landmarks = [face.face.landmarks for face in pasted]
    moved = [transform_points(points, matrix) for points in landmarks]
    if width < photo.shape[1]:
        photo, landmarks = resize(photo, (width, height), check=run.check), moved
    before = _original_embeddings(photo, landmarks, pasted, recogniser, run)
    after = _embed(recogniser, [result] * len(pasted), moved, run)
    compared = {}
    for face, first, second in zip(pasted, before, after, strict=True):
        verdict = _compared(face, _cosine(first, second), threshold, options.identity_policy)
        compared[face.index] = replace(face, verdict=verdict, embedding=first)
    run.progress(1, 1)
    return [compared.get(face.index, face) for face in faces]


def blend(original: Image, restored: Image, strength: float) -> Image:
    """A mix of two images (H, W, 3) of one shape: `original` at strength 0, `restored` at strength 1."""
    return (original + np.float32(strength) * (restored - original)).astype(np.float32)


def _threshold(recogniser: Recogniser, options: EnhanceOptions) -> float:
    """The cosine under which two faces count as two people: as asked, or the recogniser's own."""
    return recogniser.threshold if options.identity_threshold is None else options.identity_threshold


def _judged(
    face: PlannedFace, landmarks: FloatArray, original: FloatArray, recogniser: Recogniser, threshold: float, run: Run
) -> Verdict:
    """The verdict under `protect`; `landmarks` (5, 2) are in the crop's pixels, `original` is its embedding (D,)."""

    def similarity(strength: float) -> float:
        mixed = blend(face.crop.image, face.restored, strength)
        (after,) = _embed(recogniser, [mixed], [landmarks], run)
        return _cosine(original, after)

    found = similarity(face.strength)
    if found >= threshold - TOLERANCE:
        return Verdict("restored", face.strength, found)
    return _protected(similarity, face.strength, found, threshold)


def _protected(similarity: Callable[[float], float], strength: float, found: float, threshold: float) -> Verdict:
    """The highest strength under `strength` whose similarity keeps `threshold`; the original face if there is none."""
    kept, kept_similarity, failed = 0.0, None, strength
    for _ in range(SEARCH_STEPS):
        middle = (kept + failed) / 2
        value = similarity(middle)
        if value >= threshold - TOLERANCE:
            kept, kept_similarity = middle, value
        else:
            failed = middle
    if kept_similarity is None:
        return Verdict("kept", 0.0, None, f"Restored, its similarity would be {_under(found, threshold)}.")
    return Verdict("softened", kept, kept_similarity, _softened(strength, strength, found, threshold))


def _compared(face: PlannedFace, found: float, threshold: float, policy: IdentityPolicy) -> Verdict:
    """The verdict on a face with the similarity `found` in the finished picture."""
    verdict = face.verdict
    if found >= threshold - TOLERANCE:
        return replace(verdict, identity_similarity=found)
    if policy == "warn":
        return replace(verdict, identity_similarity=found, reason=f"Similarity is under {threshold:g}.")
    strength = verdict.strength / 2
    if strength < LEAST_STRENGTH:
        reason = f"Even at strength {verdict.strength:g} its similarity would be {_under(found, threshold)}."
        return Verdict("kept", 0.0, None, reason)
    return Verdict("softened", strength, None, _softened(face.strength, verdict.strength, found, threshold))


def _softened(asked: float, strength: float, found: float, threshold: float) -> str:
    return f"Strength lowered from {asked:g}: at {strength:g} the similarity would be {_under(found, threshold)}."


def _under(found: float, threshold: float) -> str:
    return f"{math.floor(found * 100) / 100:.2f}, under {threshold:g}"  # rounded down: 0.999 is under 1


def _original_embeddings(
    photo: Image, landmarks: Sequence[FloatArray], faces: Sequence[PlannedFace], recogniser: Recogniser, run: Run
) -> list[FloatArray]:
    """The embedding (D,) of each face in the photo, computed only where an earlier comparison has not done it.

    `landmarks` (5, 2) of each face are in pixels of `photo`.
    """
    missing = [points for face, points in zip(faces, landmarks, strict=True) if face.embedding is None]
    computed = iter(_embed(recogniser, [photo] * len(missing), missing, run))
    return [next(computed) if face.embedding is None else face.embedding for face in faces]


def _embed(recogniser: Recogniser, images: Sequence[Image], landmarks: Sequence[FloatArray], run: Run) -> FloatArray:
    """Embeddings (N, D) of N images. Raises `StageFailed` for any other answer: it would compare as "not similar"."""
    found = [np.empty((0, 0), dtype=np.float32)]
    for start in range(0, len(images), FACES_AT_ONCE):
        run.check()
        some = slice(start, start + FACES_AT_ONCE)
        embeddings = recogniser.embed(images[some], landmarks[some])
        if embeddings.ndim != 2 or len(embeddings) != len(images[some]) or not np.isfinite(embeddings).all():
            raise StageFailed(f"The recogniser {recogniser.name} answered with something that is no embedding.")
        found.append(embeddings)
    return np.concatenate(found[1:] or found)


def _cosine(first: FloatArray, second: FloatArray) -> float:
    return float(np.clip(np.dot(first, second), -1.0, 1.0))
