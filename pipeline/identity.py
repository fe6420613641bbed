"""Identity: is each restored face still the same person, and what to do if not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.errors import StageFailed
from pipeline.geometry import transform_points
from pipeline.run import Run
from pipeline.types import Crop, Face, FloatArray, IdentityPolicy, Image, Recogniser, Verdict

# Halvings of the strength interval under `protect`: the strength is found to within 1/16 of what was asked.
SEARCH_STEPS = 4

TOLERANCE = 1e-6  # float32 embeddings of one and the same face are not exactly 1 alike


def judge(
    faces: Sequence[Face],
    crops: Sequence[Crop],
    restored: Sequence[Image],
    recogniser: Recogniser | None,
    *,
    strengths: Sequence[float],
    policy: IdentityPolicy,
    threshold: float,
    run: Run,
) -> list[Verdict]:
    """A verdict for each face: with what strength it is pasted, and how similar it stays. `strengths` are as asked.

    The similarity is the cosine of the embeddings of the crop before and after, in [-1, 1], after at the
    strength in question. `protect` lowers a face's strength by bisection to the highest that keeps
    `threshold`, or keeps the original face; `warn` only reports. Without a recogniser nothing is known:
    similarity None, and strength as asked.
    """
    if recogniser is None:
        return [Verdict("restored", strength) for strength in strengths]
    landmarks = [transform_points(f.landmarks, c.affine_matrix) for f, c in zip(faces, crops, strict=True)]
    before = _embed(recogniser, [crop.image for crop in crops], landmarks)
    verdicts: list[Verdict] = []
    for index, (crop, strength) in enumerate(zip(crops, strengths, strict=True)):

        def similarity(at: float, index: int = index, crop: Crop = crop) -> float:
            run.check()
            mixed = blend(crop.image, restored[index], at)
            after = _embed(recogniser, [mixed], [landmarks[index]])
            return _cosine(before[index], after[0])

        found = similarity(strength)
        if found >= threshold - TOLERANCE:
            verdicts.append(Verdict("restored", strength, found))
        elif policy == "warn":
            verdicts.append(Verdict("restored", strength, found, f"Similarity is under {threshold:g}."))
        else:
            verdicts.append(_protected(similarity, strength, found, threshold))
        run.progress(index + 1, len(crops))
    return verdicts


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
        return Verdict("kept", 0.0, None, f"Restored, its similarity would be {found:.2f}, under {threshold:g}.")
    reason = f"Strength lowered from {strength:g}, where the similarity would be {found:.2f}, under {threshold:g}."
    return Verdict("softened", kept, kept_similarity, reason)


def _embed(recogniser: Recogniser, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
    """One embedding for each image. Raises `StageFailed` for anything else: it would compare as "not similar"."""
    if not images:
        return np.empty((0, 0), dtype=np.float32)
    embeddings = recogniser.embed(images, landmarks)
    if embeddings.ndim != 2 or len(embeddings) != len(images) or not np.isfinite(embeddings).all():
        raise StageFailed(f"The recogniser {recogniser.name} answered with something that is no embedding.")
    return embeddings


def _cosine(first: FloatArray, second: FloatArray) -> float:
    return float(np.clip(np.dot(first, second), -1.0, 1.0))
