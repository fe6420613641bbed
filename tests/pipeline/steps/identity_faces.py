"""A face, its crop and its photo, and the verdicts on it, for tests of identity."""

from __future__ import annotations

import numpy as np

from pipeline.models.roles import Recogniser
from pipeline.options import EnhanceOptions, IdentityPolicy
from pipeline.run import Run
from pipeline.steps.identity import judge
from pipeline.types import CROP_SIZE, Crop, Verdict
from tests.pipeline.fakes import face_in, planned, with_less_red

FACE = face_in(100, 100, 228, 228)
MATRIX = np.array([[4.0, 0.0, -398.5], [0.0, 4.0, -398.5]])
CROP = Crop(np.full((CROP_SIZE, CROP_SIZE, 3), 0.75, np.float32), MATRIX)
RESTORED = with_less_red(CROP.image)


def verdicts(
    recogniser: Recogniser | None,
    *,
    faces: int = 1,
    strength: float = 1.0,
    policy: IdentityPolicy = "protect",
    threshold: float | None = 0.4,
    run: Run | None = None,
) -> list[Verdict]:
    options = EnhanceOptions(identity_policy=policy, identity_threshold=threshold)
    work = [planned(CROP, RESTORED, index=index, face=FACE, strength=strength) for index in range(faces)]
    return [face.verdict for face in judge(work, recogniser, options, run or Run())]


def verdict(recogniser: Recogniser | None, **asked: float | str | None) -> Verdict:
    (only,) = verdicts(recogniser, **asked)  # type: ignore[arg-type]
    return only
