from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.models.roles import Recogniser
from pipeline.options import EnhanceOptions, IdentityPolicy
from pipeline.run import Run
from pipeline.steps.identity import SEARCH_STEPS, TOLERANCE, judge
from pipeline.types import Crop, FloatArray, Image, Verdict
from tests.pipeline.fakes import RedRecogniser, planned, with_less_red
from tests.pipeline.steps.identity_faces import CROP, FACE, MATRIX, RESTORED, verdict


def test_protect_leaves_a_face_alone_that_stays_similar() -> None:
    recogniser = RedRecogniser(fall=0.5)
    assert verdict(recogniser).action == "restored"
    assert sum(recogniser.embedded) == 2


@settings(max_examples=40, deadline=None)
@given(
    fall=st.floats(0.2, 2.0),
    strength=st.floats(0.1, 1.0),
    threshold=st.floats(0.0, 0.9),
)
def test_protect_finds_the_highest_strength_that_keeps_the_threshold(
    fall: float, strength: float, threshold: float
) -> None:
    recogniser = RedRecogniser(fall)
    found = verdict(recogniser, strength=strength, threshold=threshold)
    highest = min(strength, (1 - threshold) / fall)
    if found.action == "kept":
        assert found.strength == 0
        assert highest <= strength / 2**SEARCH_STEPS + 1e-3
    else:
        assert found.strength <= highest + 1e-3
        assert found.strength >= highest - strength / 2**SEARCH_STEPS - 1e-3
        assert found.identity_similarity == pytest.approx(1 - fall * found.strength, abs=2e-3)
        assert found.identity_similarity >= threshold - TOLERANCE
    assert sum(recogniser.embedded) <= 2 + SEARCH_STEPS


def test_the_search_is_exact_to_a_sixteenth() -> None:
    assert 2**SEARCH_STEPS == 16
    found = verdict(RedRecogniser(fall=0.9), threshold=0.4)  # kept up to two thirds
    assert (found.action, found.strength) == ("softened", 10 / 16)
    assert found.reason is not None
    assert "0.10" in found.reason


def test_a_face_that_never_stays_similar_is_kept_as_it_was() -> None:
    recogniser = RedRecogniser(fall=2.0)
    found = verdict(recogniser, threshold=0.95)
    assert (found.action, found.strength, found.identity_similarity) == ("kept", 0.0, None)
    assert found.reason is not None
    assert "0.95" in found.reason
    assert sum(recogniser.embedded) == 2 + SEARCH_STEPS


class Choosy(RedRecogniser):
    """Minds only the second of the faces it was first shown."""

    def embed(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
        embeddings = super().embed(images, landmarks)
        embeddings[:, 1] *= np.array([image[0, 0, 2] > 0.5 for image in images])
        return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)


def test_each_face_is_judged_by_itself() -> None:
    dark = Crop(CROP.image * np.array([1, 1, 0.5], np.float32), MATRIX)
    faces = [planned(dark, with_less_red(dark.image), face=FACE), planned(CROP, RESTORED, index=1, face=FACE)]
    options = EnhanceOptions(identity_policy="protect", identity_threshold=0.4)
    first, second = (face.verdict for face in judge(faces, Choosy(fall=0.9), options, Run()))
    assert (first.action, first.strength) == ("restored", 1.0)
    assert (second.action, second.strength) == ("softened", 10 / 16)


def of_strengths(recogniser: Recogniser | None, *strengths: float, policy: IdentityPolicy = "warn") -> list[Verdict]:
    options = EnhanceOptions(identity_policy=policy, identity_threshold=0.4)
    faces = [
        planned(CROP, RESTORED, index=index, face=FACE, strength=strength) for index, strength in enumerate(strengths)
    ]
    return [face.verdict for face in judge(faces, recogniser, options, Run())]


@settings(max_examples=25, deadline=None)
@given(strengths=st.lists(st.floats(0.05, 1.0), max_size=4), policy=st.sampled_from(["warn", "protect"]))
def test_a_face_has_its_own_strength(strengths: list[float], policy: IdentityPolicy) -> None:
    """Each as if it were alone; what is protected starts from there."""
    assert of_strengths(RedRecogniser(0.9), *strengths, policy=policy) == [
        verdict(RedRecogniser(0.9), strength=strength, policy=policy) for strength in strengths
    ]
    assert [found.strength for found in of_strengths(None, *strengths, policy=policy)] == strengths


def test_protect_lowers_only_what_is_too_strong() -> None:
    found = of_strengths(RedRecogniser(0.9), 0.5, 1.0, 0.8, policy="protect")  # kept up to two thirds
    assert [(face.action, face.strength) for face in found] == [
        ("restored", 0.5),
        ("softened", 10 / 16),
        ("softened", pytest.approx(0.8 * 13 / 16)),
    ]
    assert "from 0.8" in str(found[2].reason)
