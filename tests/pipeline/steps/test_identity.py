from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Cancelled, StageFailed
from pipeline.geometry import FFHQ_512_TEMPLATE
from pipeline.models.roles import Recogniser
from pipeline.options import EnhanceOptions, IdentityPolicy
from pipeline.run import Run
from pipeline.steps.identity import LEAST_STRENGTH, SEARCH_STEPS, TOLERANCE, blend, compare, judge
from pipeline.types import CROP_SIZE, Crop, FloatArray, Image, Verdict
from tests.pipeline.fakes import RedRecogniser, face_in, planned, with_less_red

FACE = face_in(100, 100, 228, 228)
MATRIX = np.array([[4.0, 0.0, -398.5], [0.0, 4.0, -398.5]])
CROP = Crop(np.full((CROP_SIZE, CROP_SIZE, 3), 0.75, np.float32), MATRIX)
RESTORED = with_less_red(CROP.image)
PHOTO = np.full((330, 330, 3), 0.75, np.float32)


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


# --- protect -----------------------------------------------------------------------------------------------------


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
