from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.errors import Cancelled, StageFailed
from pipeline.geometry import FFHQ_512_TEMPLATE
from pipeline.models.roles import Recogniser
from pipeline.options import EnhanceOptions, IdentityPolicy
from pipeline.run import Run
from pipeline.steps.identity import LEAST_STRENGTH, blend, compare
from pipeline.types import FloatArray, Image, Verdict
from tests.pipeline.fakes import RedRecogniser, planned, with_less_red
from tests.pipeline.steps.identity_faces import CROP, FACE, RESTORED, verdict, verdicts

PHOTO = np.full((330, 330, 3), 0.75, np.float32)


def finished(
    recogniser: Recogniser,
    *,
    strength: float = 1.0,
    policy: IdentityPolicy = "warn",
    threshold: float | None = 0.4,
    factor: int = 1,
) -> Verdict:
    """The verdict on a face that was pasted with `strength` into a photo which was enlarged by `factor`."""
    result = blend(PHOTO, with_less_red(PHOTO), strength).repeat(factor, axis=0).repeat(factor, axis=1)
    options = EnhanceOptions(identity_policy=policy, identity_threshold=threshold)
    (found,) = compare(PHOTO, result, [planned(CROP, face=FACE, strength=strength)], recogniser, options, Run())
    return found.verdict


# --- blend -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strength", [0.0, 0.25, 1.0])
def test_blend_mixes_by_strength(strength: float) -> None:
    mixed = blend(CROP.image, RESTORED, strength)
    assert mixed[..., 0] == pytest.approx(0.75 - 0.5 * strength)
    assert (mixed[..., 1:] == 0.75).all()
    assert mixed.dtype == np.float32


# --- without a recogniser ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["warn", "protect"])
def test_without_a_recogniser_nothing_is_known_and_strength_is_as_asked(policy: IdentityPolicy) -> None:
    assert verdicts(None, faces=2, strength=0.7, policy=policy) == [Verdict("restored", 0.7, None, None)] * 2


def test_no_faces_no_verdicts_and_no_embedding() -> None:
    recogniser = RedRecogniser()
    assert verdicts(recogniser, faces=0) == []
    assert recogniser.embedded == []


# --- the finished picture ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["warn", "protect"])
def test_a_face_that_stays_similar_is_restored_without_a_word(policy: IdentityPolicy) -> None:
    found = finished(RedRecogniser(fall=0.5), policy=policy)
    assert (found.action, found.strength, found.reason) == ("restored", 1.0, None)
    assert found.identity_similarity == pytest.approx(0.5, abs=1e-3)


def test_warn_restores_in_full_and_says_that_the_face_changed() -> None:
    assert verdict(RedRecogniser(fall=0.9), policy="warn") == Verdict("restored", 1.0)
    found = finished(RedRecogniser(fall=0.9))
    assert (found.action, found.strength) == ("restored", 1.0)
    assert found.identity_similarity == pytest.approx(0.1, abs=1e-3)
    assert found.reason is not None
    assert "0.4" in found.reason


def test_protect_halves_the_strength_of_a_face_that_changed_in_the_picture() -> None:
    found = finished(RedRecogniser(fall=0.9), policy="protect")
    assert (found.action, found.strength, found.identity_similarity) == ("softened", 0.5, None)
    assert "from 1: at 1 the similarity would be 0.10, under 0.4" in str(found.reason)


def test_protect_keeps_the_face_where_little_of_the_strength_is_left() -> None:
    found = finished(RedRecogniser(fall=9.0), strength=1.9 * LEAST_STRENGTH, policy="protect", threshold=0.95)
    assert (found.action, found.strength, found.identity_similarity) == ("kept", 0.0, None)
    assert str(found.reason).startswith("Even at strength 0.11875 its similarity would be")
    assert "under 0.95" in str(found.reason)


def test_a_similarity_under_a_threshold_of_1_is_told_as_less() -> None:
    assert "would be 0.99, under 1" in str(verdict(RedRecogniser(fall=0.003), threshold=1.0).reason)


@pytest.mark.parametrize(("own", "reason"), [(0.3, None), (0.5, "Similarity is under 0.5.")])
def test_without_a_threshold_the_recognisers_own_counts(own: float, reason: str | None) -> None:
    assert finished(RedRecogniser(fall=0.6, threshold=own), threshold=None).reason == reason
    action = "restored" if reason is None else "softened"
    assert verdict(RedRecogniser(fall=0.6, threshold=own), threshold=None).action == action


def test_a_threshold_of_0_is_asked_for_as_well() -> None:
    assert verdict(RedRecogniser(fall=0.9, threshold=0.5), threshold=0).action == "restored"
    assert finished(RedRecogniser(fall=0.9, threshold=0.5), threshold=0).reason is None


@pytest.mark.parametrize("strength", [0.0, 0.5, 0.9])
def test_the_similarity_is_that_at_the_asked_strength(strength: float) -> None:
    found = finished(RedRecogniser(fall=0.6), strength=strength, threshold=-1)
    assert found.identity_similarity == pytest.approx(1 - 0.6 * strength, abs=1e-3)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_the_recogniser_is_told_where_the_landmarks_lie_in_photo_and_picture(factor: int) -> None:
    recogniser = RedRecogniser()
    finished(recogniser, factor=factor)
    before, after = recogniser.landmarks
    assert np.array_equal(before, FACE.landmarks)
    assert np.allclose(after, factor * (FACE.landmarks + 0.5) - 0.5, atol=1e-4)


def test_a_reduced_face_is_compared_with_the_photo_at_the_same_size() -> None:
    recogniser = RedRecogniser()
    result = with_less_red(PHOTO)[::2, ::2]
    (found,) = compare(PHOTO, result, [planned(CROP, face=FACE)], recogniser, EnhanceOptions(), Run())
    before, after = recogniser.landmarks
    assert np.allclose(before, 0.5 * (FACE.landmarks + 0.5) - 0.5, atol=1e-4)
    assert np.array_equal(before, after)
    assert found.verdict.identity_similarity == pytest.approx(0.5, abs=1e-3)


def test_a_face_that_was_kept_is_not_compared() -> None:
    recogniser, options = RedRecogniser(), EnhanceOptions()
    kept = planned(CROP, face=FACE, verdict=Verdict("kept", 0.0, reason="Too small."))
    found = compare(PHOTO, PHOTO, [kept, planned(CROP, index=1, face=FACE)], recogniser, options, Run())
    assert [face.verdict for face in found] == [kept.verdict, Verdict("restored", 1.0, pytest.approx(1.0))]
    assert recogniser.embedded == [1, 1]
    assert compare(PHOTO, PHOTO, [kept], recogniser, options, Run()) == [kept]
    assert recogniser.embedded == [1, 1]


def test_a_second_comparison_embeds_only_the_new_picture() -> None:
    recogniser, options = RedRecogniser(fall=0.9), EnhanceOptions(identity_policy="protect", identity_threshold=0.4)
    once = compare(PHOTO, with_less_red(PHOTO), [planned(CROP, face=FACE)], recogniser, options, Run())
    assert recogniser.embedded == [1, 1]
    half = blend(PHOTO, with_less_red(PHOTO), 0.5)
    (twice,) = compare(PHOTO, half, once, recogniser, options, Run())
    assert recogniser.embedded == [1, 1, 1]
    assert twice.verdict.identity_similarity == finished(RedRecogniser(fall=0.9), strength=0.5).identity_similarity


def test_the_recogniser_is_told_where_the_landmarks_lie_in_the_crop() -> None:
    recogniser = RedRecogniser()
    verdict(recogniser)
    assert len(recogniser.landmarks) == 2
    for landmarks in recogniser.landmarks:
        assert np.abs(landmarks - FFHQ_512_TEMPLATE).max() < 2


# --- failures ----------------------------------------------------------------------------------------------------


class Broken(RedRecogniser):
    """Answers with something else after so many good answers."""

    def __init__(self, answer: FloatArray, good: int) -> None:
        super().__init__()
        self.answer, self.good = answer, good

    def embed(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
        embeddings = super().embed(images, landmarks)
        return embeddings if len(self.embedded) <= self.good else self.answer


@pytest.mark.parametrize("good", [0, 1])
@pytest.mark.parametrize(
    "answer",
    [np.full((1, 2), np.nan), np.full((1, 2), np.inf), np.zeros((0, 2)), np.zeros((2, 2)), np.zeros(2)],
    ids=["nan", "infinite", "none", "two", "flat"],
)
def test_what_is_no_embedding_is_an_error_that_names_the_recogniser(answer: FloatArray, good: int) -> None:
    with pytest.raises(StageFailed, match="red-recogniser"):
        verdict(Broken(answer.astype(np.float32), good))
    with pytest.raises(StageFailed, match="red-recogniser"):
        finished(Broken(answer.astype(np.float32), good))


def test_rounding_never_gives_a_similarity_above_one() -> None:
    class Generous(RedRecogniser):
        def embed(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
            return super().embed(images, landmarks) * np.float32(1.001)

    assert verdict(Generous(fall=0.0)).identity_similarity == 1
    assert finished(Generous(fall=0.0)).identity_similarity == 1


def test_a_cancelled_run_stops_before_the_next_embedding() -> None:
    run = Run()

    class Leaving(RedRecogniser):
        def embed(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
            if len(self.embedded) == 3:
                run.cancelled.set()
            return super().embed(images, landmarks)

    recogniser = Leaving(fall=0.9)
    with pytest.raises(Cancelled):
        verdicts(recogniser, faces=3, run=run)
    assert len(recogniser.embedded) == 4
