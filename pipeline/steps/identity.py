"""Identity: is each restored face still the same person, and what to do if not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pipeline.errors import StageFailed
from pipeline.geometry import IDENTITY_MATRIX, scaled, transform_points
from pipeline.models.roles import Recogniser
from pipeline.options import IdentityPolicy
from pipeline.run import Run
from pipeline.types import Crop, Face, FloatArray, Image, Verdict

# Halvings of the strength interval under `protect`: the strength is found to within 1/16 of what was asked.
SEARCH_STEPS = 4

LEAST_STRENGTH = 1 / 16  # what is under it changes nothing to be seen

FACES_AT_ONCE = 8  # between them the run may end

TOLERANCE = 1e-6  # float32 embeddings of one and the same face are not exactly 1 alike


def judge(
    faces: Sequence[Face],
    crops: Sequence[Crop],
    restored: Sequence[Image],
    recogniser: Recogniser | None,
    *,
    strengths: Sequence[float],
    policy: IdentityPolicy,
    threshold: float | None,
    run: Run,
) -> list[Verdict]:
    """A verdict for each face before it is pasted: with what strength. `strengths` are as asked.

    `protect` compares each crop before and after, lowers the strength by bisection to the highest that keeps the
    similarity at `threshold` (None: the recogniser's own), or keeps the original face. With `warn`, or without a
    recogniser, every face is restored as asked. `compare` then says how similar the faces are in the finished picture.
    """
    if recogniser is None or policy == "warn":
        return [Verdict("restored", strength) for strength in strengths]
    least = recogniser.threshold if threshold is None else threshold
    landmarks = [transform_points(f.landmarks, c.affine_matrix) for f, c in zip(faces, crops, strict=True)]
    before = _embed(recogniser, [crop.image for crop in crops], landmarks, run)
    verdicts: list[Verdict] = []
    for index, (crop, strength) in enumerate(zip(crops, strengths, strict=True)):

        def similarity(at: float, index: int = index, crop: Crop = crop) -> float:
            mixed = blend(crop.image, restored[index], at)
            after = _embed(recogniser, [mixed], [landmarks[index]], run)
            return _cosine(before[index], after[0])

        found = similarity(strength)
        if found >= least - TOLERANCE:
            verdicts.append(Verdict("restored", strength, found))
        else:
            verdicts.append(_protected(similarity, strength, found, least))
        run.progress(index + 1, len(crops))
    return verdicts


def compare(
    photo: Image,
    result: Image,
    faces: Sequence[Face],
    verdicts: Sequence[Verdict],
    recogniser: Recogniser,
    *,
    strengths: Sequence[float],
    policy: IdentityPolicy,
    threshold: float | None,
    run: Run,
) -> list[Verdict]:
    """The verdicts with the similarity of each restored face in the photo and in the finished picture.

    `photo` is (H, W, 3), `faces` are in its pixels; `result` (h, w, 3) is the photo at its new size with the faces
    pasted. The similarity is the cosine of two embeddings, in [-1, 1]. Where it is under `threshold` (None: the
    recogniser's own), `warn` says so, and `protect` halves the face's strength, or keeps the original face where little
    would be left: then the faces have to be pasted again and compared again. `strengths` are as asked.
    """
    least = recogniser.threshold if threshold is None else threshold
    pasted = [index for index, verdict in enumerate(verdicts) if verdict.action != "kept"]
    landmarks = [faces[index].landmarks for index in pasted]
    matrix = scaled(IDENTITY_MATRIX, result.shape[1] / photo.shape[1], result.shape[0] / photo.shape[0])
    before = _embed(recogniser, [photo] * len(pasted), landmarks, run)
    enlarged = [transform_points(points, matrix) for points in landmarks]
    after = _embed(recogniser, [result] * len(pasted), enlarged, run)
    compared = list(verdicts)
    for index, first, second in zip(pasted, before, after, strict=True):
        compared[index] = _compared(verdicts[index], strengths[index], _cosine(first, second), least, policy)
    run.progress(1, 1)
    return compared


def blend(original: Image, restored: Image, strength: float) -> Image:
    """The restored image over the original, by `strength` in [0, 1]."""
    return (original + np.float32(strength) * (restored - original)).astype(np.float32)


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


def _compared(verdict: Verdict, asked: float, found: float, threshold: float, policy: IdentityPolicy) -> Verdict:
    """The verdict on a face that has this similarity in the finished picture; `asked` is the strength as asked."""
    if found >= threshold - TOLERANCE:
        return replace(verdict, identity_similarity=found)
    if policy == "warn":
        return replace(verdict, identity_similarity=found, reason=f"Similarity is under {threshold:g}.")
    strength = verdict.strength / 2
    if strength < LEAST_STRENGTH:
        reason = f"Even at strength {verdict.strength:g} its similarity would be {_under(found, threshold)}."
        return Verdict("kept", 0.0, None, reason)
    return Verdict("softened", strength, None, _softened(asked, verdict.strength, found, threshold))


def _softened(asked: float, strength: float, found: float, threshold: float) -> str:
    return f"Strength lowered from {asked:g}: at {strength:g} the similarity would be {_under(found, threshold)}."


def _under(found: float, threshold: float) -> str:
    return f"{math.floor(found * 100) / 100:.2f}, under {threshold:g}"  # rounded down: 0.999 is under 1


def _embed(recogniser: Recogniser, images: Sequence[Image], landmarks: Sequence[FloatArray], run: Run) -> FloatArray:
    """One embedding for each image. Raises `StageFailed` for anything else: it would compare as "not similar"."""
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
