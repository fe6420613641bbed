from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import (
    Cancelled,
    DeadlineExceeded,
    DeviceOutOfMemory,
    NoFaceDetected,
    PipelineError,
    StageFailed,
    UnknownFace,
)
from pipeline.geometry import resize, transform_points
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.photo import enhance, upscale_photo
from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.steps.color import correct
from pipeline.types import CROP_SIZE, Enhanced, Image, Notice, Photo
from tests.pipeline.fakes import (
    FakeParser,
    FakeRestorer,
    FakeUpscaler,
    FixedDetector,
    RedRecogniser,
    face_in,
    fake_models,
    with_less_red,
)

STAGES = ["color", "detection", "alignment", "restoration", "identity", "upscaling", "blending"]
CORNERS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * CROP_SIZE
LEFT, SMALL, RIGHT = face_in(20, 30, 110, 120), face_in(115, 100, 129, 114), face_in(130, 40, 230, 140)


def grey_photo(width: int = 250, height: int = 170) -> Photo:
    """Grey and smooth, so that `RedRecogniser` knows it."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    grey = 0.7 + 0.1 * np.sin(rows / 20) * np.cos(columns / 25)
    return Photo(frozen(grey[..., None].repeat(3, axis=2)))


def frozen(image: Any) -> Any:
    image = np.ascontiguousarray(image, dtype=np.float32)
    image.flags.writeable = False
    return image


def models(*faces: Any, restorer: FakeRestorer | None = None, recogniser: RedRecogniser | None = None) -> Models:
    return fake_models(FixedDetector(faces), restorer or FakeRestorer(with_less_red), recogniser=recogniser)


def codes(result: Enhanced) -> list[str]:
    return [notice.code for notice in result.notices]


def actions(result: Enhanced) -> list[str]:
    return [report.verdict.action for report in result.faces]


def red_lost(result: Enhanced, x: float, y: float, factor: float = 2) -> float:
    pixel = result.image[round(y * factor), round(x * factor)]
    return float(pixel[1] - pixel[0])


# --- what is done to faces ---------------------------------------------------------------------------------------


def test_every_face_is_restored_and_reported() -> None:
    run = Run()
    result = enhance(grey_photo(), EnhanceOptions(), models(LEFT, RIGHT), run)
    assert result.image.shape == (340, 500, 3)
    assert result.image.dtype == np.float32
    assert 0 <= result.image.min() <= result.image.max() <= 1
    assert actions(result) == ["restored", "restored"]
    assert [report.face.box.tolist() for report in result.faces] == [LEFT.box.tolist(), RIGHT.box.tolist()]
    assert red_lost(result, 65, 80) == pytest.approx(0.5, abs=0.01)
    assert red_lost(result, 180, 95) == pytest.approx(0.5, abs=0.01)
    assert red_lost(result, 125, 160) == 0
    assert set(result.models) == {"detector", "restorer", "upscaler"}
    assert codes(result) == ["identity_unavailable"]
    assert list(run.timings_ms) == STAGES[1:]
    assert result.alpha is None


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("all", ["restored", "kept", "restored"]),
        ("largest", ["kept", "kept", "restored"]),
        ("center", ["kept", "kept", "kept"]),
    ],
)
def test_only_chosen_faces_large_enough_are_restored_and_the_others_say_why(choice: Any, expected: list[str]) -> None:
    """The small face is the one nearest the centre."""
    result = enhance(grey_photo(), EnhanceOptions(faces=choice), models(LEFT, SMALL, RIGHT), Run())
    assert actions(result) == expected
    assert (red_lost(result, 65, 80) > 0.4) == (expected[0] == "restored")
    assert (red_lost(result, 180, 95) > 0.4) == (expected[2] == "restored")
    for report in result.faces:
        assert (report.verdict.reason is None) == (report.verdict.action == "restored")
        assert (report.verdict.strength == 0) == (report.verdict.action == "kept")
    reason = result.faces[1].verdict.reason
    assert reason is not None
    assert ("asked for" if choice == "largest" else "too small") in reason.lower()
    assert ("no_face_restored" in codes(result)) == (choice == "center")


def test_a_face_larger_than_the_restorer_can_is_kept_with_the_reason() -> None:
    restorer = FakeRestorer(with_less_red, max_native_size=95)
    result = enhance(grey_photo(), EnhanceOptions(), models(LEFT, RIGHT, restorer=restorer), Run())
    assert actions(result) == ["restored", "kept"]
    reason = result.faces[1].verdict.reason
    assert reason is not None
    assert "100 pixels" in reason
    assert "95" in reason
    assert restorer.batches == [1]
    assert red_lost(result, 180, 95) == 0


@pytest.mark.parametrize("strength", [0.25, 0.5])
def test_strength_is_a_real_one(strength: float) -> None:
    result = enhance(grey_photo(), EnhanceOptions(strength=strength), models(LEFT), Run())
    assert red_lost(result, 65, 80) == pytest.approx(0.5 * strength, abs=0.01)
    assert result.faces[0].verdict.strength == strength


@pytest.mark.parametrize("background", ["upscale", "resample"])
@pytest.mark.parametrize("factor", [1.0, 2.0, 3.3])
def test_strength_zero_gives_the_plain_upscaled_photo(background: Any, factor: float) -> None:
    options = EnhanceOptions(strength=0.0, background=background, upscale_factor=factor)
    enhanced = enhance(grey_photo(), options, models(LEFT, RIGHT), Run())
    upscaled = upscale_photo(grey_photo(), options, models(), Run())
    assert enhanced.image.tobytes() == upscaled.image.tobytes()
    assert actions(enhanced) == ["kept", "kept"]
    assert all("Strength 0" in str(report.verdict.reason) for report in enhanced.faces)


def test_no_face_is_an_error_where_one_is_required() -> None:
    run = Run()
    with pytest.raises(NoFaceDetected) as caught:
        enhance(grey_photo(), EnhanceOptions(require_face=True), models(), run)
    assert caught.value.stage == "detection"
    assert "upscaling" not in run.timings_ms


def test_no_face_is_upscaled_with_a_notice_where_none_is_required() -> None:
    result = enhance(grey_photo(), EnhanceOptions(require_face=False), models(), Run())
    assert result.image.tobytes() == upscale_photo(grey_photo(), EnhanceOptions(), models(), Run()).image.tobytes()
    assert result.faces == ()
    assert codes(result) == ["no_face_detected"]


def test_a_face_that_cannot_be_restored_still_counts_as_one() -> None:
    result = enhance(grey_photo(), EnhanceOptions(require_face=True), models(SMALL), Run())
    assert actions(result) == ["kept"]
    assert codes(result) == ["no_face_restored"]


def test_a_parser_decides_what_is_pasted() -> None:
    upper = replace(models(LEFT), parser=FakeParser(rows=(0, 256)))
    result = enhance(grey_photo(), EnhanceOptions(), upper, Run())
    assert result.models["parser"] == "fake-parser"
    assert red_lost(result, 65, 50) == pytest.approx(0.5, abs=0.01)
    assert red_lost(result, 65, 105) == pytest.approx(0, abs=0.01)


# --- what is asked for single faces ------------------------------------------------------------------------------

ROW = [face_in(5 + 80 * n, 30, 75 + 80 * n, 100) for n in range(4)]
ROW_PHOTO = grey_photo(340, 130)


def strengths(result: Enhanced) -> list[float]:
    return [report.verdict.strength for report in result.faces]


def column(face: Any, factor: float = 2) -> slice:
    """The columns in which a face of the row, alone in them, may change the result."""
    x0, x1 = factor * (face.box[[0, 2]] + (-4, 4))
    return slice(max(0, round(x0)), round(x1))


@settings(max_examples=25, deadline=None)
@given(
    strength=st.sampled_from([0.0, 0.4, 1.0]),
    choice=st.sampled_from(["all", "largest", "center"]),
    overrides=st.dictionaries(st.integers(0, 3), st.sampled_from([0.0, 0.01, 0.5, 1.0])),
)
def test_every_face_gets_the_strength_that_is_asked_for_it(
    strength: float, choice: Any, overrides: dict[int, float]
) -> None:
    """And nobody else's pixels change."""
    options = EnhanceOptions(strength=strength, faces=choice)
    overridden = replace(options, face_overrides=tuple(overrides.items()))
    restorer = FakeRestorer(with_less_red)
    before = enhance(ROW_PHOTO, options, models(*ROW), Run())
    after = enhance(ROW_PHOTO, overridden, models(*ROW, restorer=restorer), Run())
    assert strengths(after) == [overrides.get(index, found) for index, found in enumerate(strengths(before))]
    assert sum(restorer.batches) == actions(after).count("restored")  # faces of strength 0 cost nothing
    for index, face in enumerate(ROW):
        columns = column(face)
        lost = red_lost(after, *(face.box[:2] + face.box[2:]) / 2)
        assert lost == pytest.approx(0.5 * strengths(after)[index], abs=0.01)
        if index not in overrides:
            assert after.faces[index].verdict == before.faces[index].verdict
            assert after.image[:, columns].tobytes() == before.image[:, columns].tobytes()
        elif overrides[index] == 0:
            assert after.faces[index].verdict.action == "kept"
            assert "for this face" in str(after.faces[index].verdict.reason)
    again = enhance(ROW_PHOTO, overridden, models(*ROW), Run())
    assert again.image.tobytes() == after.image.tobytes()


def test_all_faces_overridden_are_as_with_that_strength_for_all() -> None:
    everybody = EnhanceOptions(strength=0, faces="largest", face_overrides=tuple((n, 0.6) for n in range(4)))
    result = enhance(ROW_PHOTO, everybody, models(*ROW), Run())
    assert (
        result.image.tobytes() == enhance(ROW_PHOTO, EnhanceOptions(strength=0.6), models(*ROW), Run()).image.tobytes()
    )
    nobody = EnhanceOptions(face_overrides=tuple((n, 0.0) for n in range(4)))
    result = enhance(ROW_PHOTO, nobody, models(*ROW), Run())
    assert result.image.tobytes() == upscale_photo(ROW_PHOTO, nobody, models(), Run()).image.tobytes()
    assert codes(result) == ["no_face_restored"]
    assert set(result.models) == {"detector", "upscaler"}


def test_an_override_does_not_restore_what_cannot_be() -> None:
    options = EnhanceOptions(strength=0, face_overrides=((1, 1.0), (2, 1.0)))
    small_and_large = models(LEFT, SMALL, RIGHT, restorer=FakeRestorer(with_less_red, max_native_size=95))
    result = enhance(grey_photo(), options, small_and_large, Run())
    assert actions(result) == ["kept"] * 3
    assert [str(report.verdict.reason).split()[0] for report in result.faces] == ["Strength", "Too", "At"]


def test_protect_starts_from_the_override() -> None:
    options = EnhanceOptions(strength=0.3, identity_policy="protect", face_overrides=((1, 0.8), (2, 0.5), (3, 0.0)))
    result = enhance(ROW_PHOTO, options, models(*ROW, recogniser=RedRecogniser(0.9)), Run())
    assert actions(result) == ["restored", "softened", "restored", "kept"]
    assert strengths(result) == [0.3, pytest.approx(0.8 * 13 / 16), 0.5, 0]
    assert "from 0.8" in str(result.faces[1].verdict.reason)
    assert red_lost(result, 120, 65) == pytest.approx(0.5 * 0.8 * 13 / 16, abs=0.01)


@pytest.mark.parametrize("faces", [(), (LEFT, RIGHT)])
def test_an_override_of_a_face_that_is_not_there_costs_no_restoration(faces: tuple[Any, ...]) -> None:
    run, restorer = Run(), FakeRestorer(with_less_red)
    options = EnhanceOptions(require_face=False, face_overrides=((2, 0.5),))
    with pytest.raises(UnknownFace) as caught:
        enhance(grey_photo(), options, models(*faces, restorer=restorer), run)
    assert caught.value.stage == "detection"
    assert list(run.timings_ms) == ["detection"]
    assert restorer.batches == []


def test_no_face_at_all_is_the_error_of_a_photo_that_must_have_one() -> None:
    with pytest.raises(NoFaceDetected):
        enhance(grey_photo(), EnhanceOptions(face_overrides=((0, 0.5),)), models(), Run())


# --- identity ----------------------------------------------------------------------------------------------------


def test_a_face_that_stays_itself_is_reported_with_its_similarity() -> None:
    result = enhance(grey_photo(), EnhanceOptions(), models(LEFT, recogniser=RedRecogniser(0.3)), Run())
    assert result.faces[0].verdict.identity_similarity == pytest.approx(0.7, abs=0.01)
    assert codes(result) == []


def test_warn_restores_and_gives_a_notice() -> None:
    options = EnhanceOptions(identity_policy="warn")
    result = enhance(grey_photo(), options, models(LEFT, RIGHT, recogniser=RedRecogniser(0.9)), Run())
    assert actions(result) == ["restored", "restored"]
    assert red_lost(result, 65, 80) == pytest.approx(0.5, abs=0.01)
    assert codes(result) == ["identity_low"]
    assert "2 face" in result.notices[0].message


def test_protect_lowers_the_strength_in_the_picture_too() -> None:
    options = EnhanceOptions(identity_policy="protect", identity_threshold=0.4)
    result = enhance(grey_photo(), options, models(LEFT, recogniser=RedRecogniser(0.9)), Run())
    verdict = result.faces[0].verdict
    assert (verdict.action, verdict.strength) == ("softened", 10 / 16)
    assert verdict.identity_similarity == pytest.approx(1 - 0.9 * 10 / 16, abs=0.01)
    assert red_lost(result, 65, 80) == pytest.approx(0.5 * 10 / 16, abs=0.01)
    assert codes(result) == ["identity_protected"]


def test_each_recogniser_has_a_threshold_of_its_own() -> None:
    photo, options = grey_photo(), EnhanceOptions(identity_policy="protect")
    for own, expected in ((0.3, "restored"), (0.5, "softened")):
        chosen = models(LEFT, recogniser=RedRecogniser(0.6, threshold=own))  # similarity 0.4
        assert actions(enhance(photo, options, chosen, Run())) == [expected]
        asked = replace(options, identity_threshold=0.35)
        assert actions(enhance(photo, asked, chosen, Run())) == ["restored"]


def test_protect_keeps_the_original_where_nothing_helps() -> None:
    options = EnhanceOptions(identity_policy="protect", identity_threshold=0.95)
    result = enhance(grey_photo(), options, models(LEFT, recogniser=RedRecogniser(2.0)), Run())
    assert actions(result) == ["kept"]
    plain = upscale_photo(grey_photo(), options, models(), Run())
    assert result.image.tobytes() == plain.image.tobytes()
    assert codes(result) == ["no_face_restored"]


def test_protect_without_a_recogniser_says_that_it_could_not() -> None:
    options = EnhanceOptions(identity_policy="protect")
    result = enhance(grey_photo(), options, models(LEFT), Run())
    assert actions(result) == ["restored"]
    assert codes(result) == ["identity_not_protected", "identity_unavailable"]


def test_only_models_that_were_used_are_named() -> None:
    recogniser = RedRecogniser()
    used = enhance(grey_photo(), EnhanceOptions(), models(LEFT, recogniser=recogniser), Run()).models
    assert used == {
        "detector": "fixed-detector",
        "restorer": "fake-restorer",
        "recogniser": "red-recogniser",
        "upscaler": "fake-upscaler",
    }
    options = EnhanceOptions(background="resample")
    assert set(enhance(grey_photo(), options, models(SMALL, recogniser=recogniser), Run()).models) == {"detector"}
    assert upscale_photo(grey_photo(), options, models(LEFT), Run()).models == {}
    assert set(upscale_photo(grey_photo(), EnhanceOptions(), models(LEFT), Run()).models) == {"upscaler"}


# --- the photo around them ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("work", [enhance, upscale_photo])
@pytest.mark.parametrize("factor", [1.0, 1.5, 4.0])
def test_alpha_is_enlarged_with_the_picture(work: Callable[..., Enhanced], factor: float) -> None:
    alpha = frozen(np.tile(np.linspace(0, 1, 250), (170, 1)))
    photo = replace(grey_photo(), alpha=alpha)
    result = work(photo, EnhanceOptions(upscale_factor=factor), models(LEFT), Run())
    assert result.alpha is not None
    assert result.alpha.shape == result.image.shape[:2] == (round(170 * factor), round(250 * factor))
    assert np.array_equal(result.alpha, resize(alpha, (round(250 * factor), round(170 * factor))))
    assert (result.alpha[0, 0], result.alpha[-1, -1]) == pytest.approx((0, 1), abs=0.01)


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_color_correction_comes_first(work: Callable[..., Enhanced]) -> None:
    faded = Photo(frozen(grey_photo().image * np.array([0.5, 0.6, 0.7], np.float32)))
    corrected = Photo(frozen(correct(faded.image)))
    assert not np.array_equal(corrected.image, faded.image)
    run = Run()
    result = work(faded, EnhanceOptions(color_correction="auto"), models(LEFT), run)
    assert next(iter(run.timings_ms)) == "color"
    expected = work(corrected, EnhanceOptions(color_correction="none"), models(LEFT), Run())
    assert result.image.tobytes() == expected.image.tobytes()


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_resample_uses_no_upscaling_network(work: Callable[..., Enhanced]) -> None:
    upscaler = FakeUpscaler(2)
    chosen = fake_models(FixedDetector([LEFT]), upscalers=[upscaler])
    result = work(grey_photo(), EnhanceOptions(background="resample", strength=0), chosen, Run())
    assert upscaler.shapes == []
    assert np.array_equal(result.image, resize(grey_photo().image, (500, 340)))


class AdjustableUpscaler(FakeUpscaler):
    """Leaves the picture brighter, the less it denoises."""

    adjustable = True

    def denoising(self, strength: float) -> FakeUpscaler:
        return FakeUpscaler(self.scale, change=lambda image: image * np.float32(strength), name=self.name)


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_denoising_is_up_to_the_upscaler(work: Callable[..., Enhanced]) -> None:
    photo, options = grey_photo(), EnhanceOptions(require_face=False, denoise_strength=0.5)
    able = fake_models(upscalers=[AdjustableUpscaler(2)])
    result = work(photo, options, able, Run())
    assert np.allclose(result.image * 2, work(photo, replace(options, denoise_strength=1), able, Run()).image)
    assert "denoise_unavailable" not in codes(result)
    offering = replace(fake_models(), offered_upscalers={"adjustable": AdjustableUpscaler(2)})
    notices = work(photo, options, offering, Run()).notices
    assert [n.message.endswith("by name: adjustable.") for n in notices if n.code == "denoise_unavailable"] == [True]


@pytest.mark.parametrize("work", [enhance, upscale_photo])
@pytest.mark.parametrize("asked", [{"upscaler": "mine"}, {"denoise_strength": 0.5}])
def test_what_has_no_effect_is_said(work: Callable[..., Enhanced], asked: dict[str, Any]) -> None:
    offering = replace(fake_models(), offered_upscalers={"mine": FakeUpscaler(2)})
    options = EnhanceOptions(require_face=False, background="resample")
    assert "upscaler_unused" not in codes(work(grey_photo(), options, offering, Run()))
    assert "upscaler_unused" in codes(work(grey_photo(), replace(options, **asked), offering, Run()))


def test_an_upscaler_that_does_not_reach_says_so() -> None:
    small = fake_models(upscalers=[FakeUpscaler(2)])
    assert codes(upscale_photo(grey_photo(), EnhanceOptions(upscale_factor=2), small, Run())) == []
    assert codes(upscale_photo(grey_photo(), EnhanceOptions(upscale_factor=2.5), small, Run())) == [
        "upscaler_too_small"
    ]


def test_a_face_that_is_kept_needs_no_mask() -> None:
    parser = FakeParser()
    strict = replace(models(LEFT, recogniser=RedRecogniser(fall=2.0)), parser=parser)
    kept = enhance(grey_photo(), EnhanceOptions(identity_policy="protect", identity_threshold=1), strict, Run())
    assert (actions(kept), parser.batches) == (["kept"], [])
    enhance(grey_photo(), EnhanceOptions(), strict, Run())
    assert parser.batches == [1]


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_named_models_do_the_work(work: Callable[..., Enhanced]) -> None:
    other = FakeUpscaler(4, name="other-upscaler")
    offering = replace(
        models(LEFT), offered_upscalers={"mine": other}, offered_restorers={"mine": FakeRestorer(name="other-restorer")}
    )
    result = work(grey_photo(), EnhanceOptions(restorer="mine", upscaler="mine"), offering, Run())
    assert other.shapes
    assert result.models["upscaler"] == "other-upscaler"
    assert result.models.get("restorer") == ("other-restorer" if work is enhance else None)


def short_of_memory(*, batch_size: int, failures: bool) -> Models:
    """Models that work on so many faces and tiles at once; `failures`: the first time each of them finds no room."""

    def first() -> list[Exception | None]:
        return [DeviceOutOfMemory("No room.")] if failures else []

    return replace(
        fake_models(
            FixedDetector((LEFT, RIGHT)),
            FakeRestorer(with_less_red, batch_size=batch_size, failures=first()),
            [FakeUpscaler(2, 64, 16, batch_size=batch_size, failures=first())],
        ),
        parser=FakeParser(batch_size=batch_size, failures=first()),
    )


@pytest.mark.parametrize("batch_size", [1, 3, 8])
@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_the_size_of_batches_changes_no_pixel(work: Callable[..., Enhanced], batch_size: int) -> None:
    models = short_of_memory(batch_size=batch_size, failures=False)
    result = work(grey_photo(), EnhanceOptions(), models, Run())
    alone = work(grey_photo(), EnhanceOptions(), short_of_memory(batch_size=1, failures=False), Run())
    assert result.image.tobytes() == alone.image.tobytes()
    assert "device_memory_low" not in codes(result)


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_memory_that_runs_low_is_said_once_and_changes_no_pixel(work: Callable[..., Enhanced]) -> None:
    models = short_of_memory(batch_size=8, failures=True)
    result = work(grey_photo(), EnhanceOptions(), models, Run())
    plenty = work(grey_photo(), EnhanceOptions(), short_of_memory(batch_size=8, failures=False), Run())
    assert codes(result).count("device_memory_low") == 1
    assert codes(result)[:-1] == codes(plenty)
    assert result.image.tobytes() == plenty.image.tobytes()
    if work is enhance:
        assert models.restorer.batches == [2, 1, 1]  # type: ignore[attr-defined]
        assert models.parser.batches == [2, 1, 1]  # type: ignore[union-attr]
    assert "device_memory_low" not in codes(work(grey_photo(), EnhanceOptions(), models, Run()))


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_notices_of_decoding_come_along(work: Callable[..., Enhanced]) -> None:
    notice = Notice("animation", "Only the first picture was used.")
    result = work(replace(grey_photo(), notices=(notice,)), EnhanceOptions(), models(LEFT), Run())
    assert result.notices[0] == notice


@pytest.mark.parametrize("width", [1, 7])
@pytest.mark.parametrize("height", [1, 5])
def test_the_smallest_photos_pass(width: int, height: int) -> None:
    result = enhance(grey_photo(width, height), EnhanceOptions(require_face=False), models(), Run())
    assert result.image.shape == (2 * height, 2 * width, 3)


def test_upscale_photo_looks_for_no_faces() -> None:
    run = Run()
    result = upscale_photo(grey_photo(), EnhanceOptions(), models(LEFT), run)
    assert result.faces == ()
    assert result.notices == ()
    assert list(run.timings_ms) == ["upscaling"]


# --- stopping and failing ----------------------------------------------------------------------------------------


def stopping_at(stage: str, kind: type[PipelineError]) -> Run:
    """A run that becomes unwanted as soon as a stage begins."""

    def listen(name: str, fraction: float) -> None:
        if name == stage and kind is Cancelled:
            run.cancelled.set()
        elif name == stage:
            run.deadline = time.monotonic() - 1

    run = Run(on_progress=listen)
    return run


@pytest.mark.parametrize("kind", [Cancelled, DeadlineExceeded])
@pytest.mark.parametrize("stage", STAGES)
def test_an_unwanted_run_stops_with_the_stage_or_before_the_next(stage: str, kind: type[PipelineError]) -> None:
    run = stopping_at(stage, kind)
    options = EnhanceOptions(color_correction="auto", identity_policy="protect")
    with pytest.raises(kind) as caught:
        enhance(grey_photo(), options, models(LEFT, RIGHT, recogniser=RedRecogniser(0.9)), run)
    position = STAGES.index(stage)
    assert caught.value.stage in STAGES[position : position + 2]


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_an_unwanted_run_does_not_even_begin(work: Callable[..., Enhanced]) -> None:
    run = Run(deadline=time.monotonic() - 1)
    chosen = models(LEFT)
    with pytest.raises(DeadlineExceeded):
        work(grey_photo(), EnhanceOptions(), chosen, run)
    assert chosen.upscalers[2].shapes == []  # type: ignore[attr-defined]


def refuse(image: Image) -> Image:
    raise ValueError("no")


class Failing(FixedDetector, FakeParser, RedRecogniser):
    """Fails in every role."""

    name = "failing"

    def detect(self, image: Image, check: Any) -> Any:
        return refuse(image)

    def embed(self, images: Any, landmarks: Any) -> Any:
        return refuse(images)

    def parse(self, crops: Any) -> Any:
        return refuse(crops)


@pytest.mark.parametrize(
    ("stage", "part"),
    [
        ("detection", {"detector": Failing()}),
        ("restoration", {"restorer": FakeRestorer(refuse)}),
        ("identity", {"recogniser": Failing()}),
        ("upscaling", {"upscalers": {2: FakeUpscaler(change=refuse)}}),
        ("blending", {"parser": Failing()}),
    ],
)
def test_a_model_that_fails_fails_its_stage_and_nothing_is_returned(stage: str, part: dict[str, Any]) -> None:
    with pytest.raises(StageFailed) as caught:
        enhance(grey_photo(), EnhanceOptions(), replace(models(LEFT), **part), Run())
    assert caught.value.stage == stage
    assert isinstance(caught.value.__cause__, ValueError)


# --- the embedded models -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def portrait(degraded_astronaut: Image) -> Photo:
    return Photo(frozen(degraded_astronaut[:150, 30:180]))


def test_embedded_models_restore_a_real_face(portrait: Photo, embedded_models: Models) -> None:
    run = Run()
    result = enhance(portrait, EnhanceOptions(), embedded_models, run)
    assert result.image.shape == (300, 300, 3)
    assert np.isfinite(result.image).all()
    assert actions(result) == ["restored"]
    assert not result.faces[0].face.landmarks_estimated
    assert result.faces[0].verdict.identity_similarity == pytest.approx(0.95, abs=0.05)
    assert codes(result) == []
    assert set(result.models) == {"detector", "restorer", "recogniser", "upscaler"}
    assert list(run.timings_ms) == STAGES[1:]
    back = resize(result.image, (150, 150))
    assert np.abs(back - portrait.image).mean() < 0.03  # still the same picture
    plain = upscale_photo(portrait, EnhanceOptions(), embedded_models, Run())
    changed = np.abs(result.image - plain.image).max(axis=2) > 1 / 255
    (crop,) = align(portrait.image, [result.faces[0].face], Run())
    assert crop is not None
    corners = transform_points(CORNERS, cv2.invertAffineTransform(crop.affine_matrix))
    (x0, y0), (x1, y1) = (2 * corners.min(axis=0)).astype(int), (2 * corners.max(axis=0)).astype(int) + 2
    outside = np.ones((300, 300), dtype=bool)
    outside[max(0, y0) : y1, max(0, x0) : x1] = False
    assert outside.any()
    assert changed.any()
    assert not changed[outside].any()


@pytest.mark.parametrize(
    "options",
    [
        EnhanceOptions(upscale_factor=1.0),
        EnhanceOptions(upscale_factor=3.3, background="resample"),
        EnhanceOptions(upscale_factor=1.5, color_correction="auto", strength=0.6, faces="largest"),
        EnhanceOptions(identity_policy="protect", faces="center"),
    ],
    ids=["size-kept", "resample", "corrected", "protect"],
)
def test_embedded_models_take_every_option(portrait: Photo, embedded_models: Models, options: EnhanceOptions) -> None:
    result = enhance(portrait, options, embedded_models, Run())
    side = round(150 * options.upscale_factor)
    assert result.image.shape == (side, side, 3)
    assert 0 <= result.image.min() <= result.image.max() <= 1
    assert result.faces[0].verdict.strength == options.strength


def test_the_same_photo_gives_the_same_bytes_alone_and_among_others(portrait: Photo, embedded_models: Models) -> None:
    mirrored = Photo(frozen(portrait.image[:, ::-1]))

    def bytes_of(photo: Photo) -> bytes:
        return enhance(photo, EnhanceOptions(), embedded_models, Run()).image.tobytes()

    first, second = bytes_of(portrait), bytes_of(mirrored)
    assert first != second
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(bytes_of, [portrait, mirrored, portrait])) == [first, second, first]


def test_embedded_models_stop_between_steps(portrait: Photo, embedded_models: Models) -> None:
    with pytest.raises(Cancelled) as caught:
        enhance(portrait, EnhanceOptions(), embedded_models, stopping_at("restoration", Cancelled))
    assert caught.value.stage == "restoration"


def test_what_restorer_and_upscaler_leave_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured: without it, the networks of one photo take 150 MB more at the peak."""
    given_back: list[str] = []
    run = Run()
    for step in ("restoration", "upscaling"):
        patched = f"pipeline.steps.{step}.return_freed_memory"
        monkeypatch.setattr(patched, lambda: given_back.append(str(run.present_stage)))
    options = EnhanceOptions(require_face=False)
    enhance(Photo(np.zeros((64, 64, 3), dtype=np.float32)), options, fake_models(), run)
    assert given_back == ["restoration", "upscaling"]
