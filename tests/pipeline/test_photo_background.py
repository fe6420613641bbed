from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.errors import (
    DeviceOutOfMemory,
)
from pipeline.geometry import resize
from pipeline.models.roles import Models
from pipeline.photo import enhance, upscale_photo
from pipeline.run import Run
from pipeline.steps.color import correct
from pipeline.types import Enhanced, Notice, Photo
from tests.pipeline.fakes import (
    FakeParser,
    FakeRestorer,
    FakeUpscaler,
    FixedDetector,
    RedRecogniser,
    fake_models,
    with_less_red,
)
from tests.pipeline.photos import LEFT, RIGHT, actions, asking, codes, frozen, grey_photo, models


@pytest.mark.parametrize("work", [enhance, upscale_photo])
@pytest.mark.parametrize("factor", [1.0, 1.5, 4.0])
def test_alpha_is_enlarged_with_the_picture(work: Callable[..., Enhanced], factor: float) -> None:
    alpha = frozen(np.tile(np.linspace(0, 1, 250), (170, 1)))
    photo = replace(grey_photo(), alpha=alpha)
    result = work(photo, asking(upscale_factor=factor), models(LEFT), Run())
    assert result.alpha is not None
    assert result.alpha.shape == result.image.shape[:2] == (round(170 * factor), round(250 * factor))
    assert np.abs(result.alpha - resize(alpha, (round(250 * factor), round(170 * factor)))).max() < 0.01
    assert (result.alpha[0, 0], result.alpha[-1, -1]) == pytest.approx((0, 1), abs=0.01)


@pytest.mark.parametrize("factor", [1.5, 2.0, 4.0])
def test_an_opaque_part_gets_no_ring_of_faint_alpha(factor: float) -> None:
    rows, columns = np.mgrid[0:65, 0:65]
    inside = np.hypot(rows - 32, columns - 32) < 20
    result = upscale_photo(
        replace(grey_photo(65, 65), alpha=frozen(inside)), asking(upscale_factor=factor), models(), Run()
    )
    assert result.alpha is not None
    rows, columns = (np.mgrid[0 : len(result.alpha), 0 : len(result.alpha)] + 0.5) / factor - 0.5
    distance = np.hypot(rows - 32, columns - 32)
    assert result.alpha[distance > 22.5].max() == 0
    assert result.alpha[distance < 17.5].min() > 1 - 1e-6


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_color_correction_comes_first(work: Callable[..., Enhanced]) -> None:
    faded = Photo(frozen(grey_photo().image * np.array([0.5, 0.6, 0.7], np.float32)))
    corrected = Photo(frozen(correct(faded.image)))
    assert not np.array_equal(corrected.image, faded.image)
    run = Run()
    result = work(faded, asking(color_correction="auto"), models(LEFT), run)
    assert next(iter(run.timings_ms)) == "color"
    expected = work(corrected, asking(color_correction="none"), models(LEFT), Run())
    assert result.image.tobytes() == expected.image.tobytes()


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_resample_uses_no_upscaling_network(work: Callable[..., Enhanced]) -> None:
    upscaler = FakeUpscaler(2)
    chosen = fake_models(FixedDetector([LEFT]), upscalers=[upscaler])
    result = work(grey_photo(), asking(background="resample", strength=0), chosen, Run())
    assert upscaler.shapes == []
    assert np.array_equal(result.image, resize(grey_photo().image, (500, 340)))


class AdjustableUpscaler(FakeUpscaler):
    """Leaves the picture brighter, the less it denoises."""

    adjustable = True

    def denoising(self, strength: float) -> FakeUpscaler:
        return FakeUpscaler(self.scale, change=lambda image: image * np.float32(strength), name=self.name)


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_denoising_is_up_to_the_upscaler(work: Callable[..., Enhanced]) -> None:
    photo, options = grey_photo(), asking(require_face=False, denoise_strength=0.5)
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
    options = asking(require_face=False, background="resample")
    assert "upscaler_unused" not in codes(work(grey_photo(), options, offering, Run()))
    assert "upscaler_unused" in codes(work(grey_photo(), replace(options, **asked), offering, Run()))


@pytest.mark.parametrize("work", [enhance, upscale_photo])
@pytest.mark.parametrize(("width", "scales"), [(25, []), (125, []), (126, [2]), (500, [2]), (501, [4])])
def test_a_photo_that_shrinks_to_half_or_less_takes_no_network(
    work: Callable[..., Enhanced], width: int, scales: list[int]
) -> None:
    upscalers = [FakeUpscaler(2), FakeUpscaler(4)]
    result = work(grey_photo(), asking(width=width, require_face=False), fake_models(upscalers=upscalers), Run())
    assert result.image.shape == (round(170 * width / 250), width, 3)
    assert [upscaler.scale for upscaler in upscalers if upscaler.shapes] == scales
    assert ("upscaler" in result.models) == bool(scales)
    assert "upscaler_unused" not in codes(result)
    asked = asking(width=width, require_face=False, denoise_strength=0.5)
    assert ("upscaler_unused" in codes(work(grey_photo(), asked, fake_models(), Run()))) == (not scales)


def test_an_upscaler_that_does_not_reach_says_so() -> None:
    small = fake_models(upscalers=[FakeUpscaler(2)])
    assert codes(upscale_photo(grey_photo(), asking(upscale_factor=2), small, Run())) == []
    assert codes(upscale_photo(grey_photo(), asking(upscale_factor=4), small, Run())) == []
    far = upscale_photo(grey_photo(), asking(upscale_factor=4.5), small, Run())
    assert codes(far) == ["upscaler_too_small"]
    assert "enlarge 4 times, in 2 passes" in far.notices[0].message


@pytest.mark.parametrize("work", [enhance, upscale_photo])
@pytest.mark.parametrize(
    ("factor", "named", "expected"),
    [
        (4, None, {"upscaler": "four"}),
        (6, None, {"upscaler": "four", "second_upscaler": "two"}),
        (6, "mine", {"upscaler": "other", "second_upscaler": "other"}),
    ],
)
def test_the_report_names_the_upscaler_of_each_pass(
    work: Callable[..., Enhanced], factor: float, named: str | None, expected: dict[str, str]
) -> None:
    two, four = FakeUpscaler(2, name="two"), FakeUpscaler(4, name="four")
    offering = replace(fake_models(upscalers=[two, four]), offered_upscalers={"mine": FakeUpscaler(4, name="other")})
    result = work(
        grey_photo(20, 30), asking(upscale_factor=factor, upscaler=named, require_face=False), offering, Run()
    )
    assert {role: name for role, name in result.models.items() if "upscaler" in role} == expected


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_only_the_first_pass_is_told_how_much_to_denoise(work: Callable[..., Enhanced]) -> None:
    """The second makes the picture darker, which back-projection takes back."""
    adjustable = AdjustableUpscaler(2, 256, change=lambda image: image * np.float32(0.9))
    options = asking(upscale_factor=4, denoise_strength=0.5, require_face=False)
    result = work(grey_photo(20, 30), options, fake_models(upscalers=[adjustable]), Run())
    assert len(adjustable.shapes) == 1
    assert np.allclose(result.image, resize(grey_photo(20, 30).image, (80, 120)) / 2, atol=0.01)


def test_a_face_that_is_kept_needs_no_mask() -> None:
    parser = FakeParser()
    strict = replace(models(LEFT, recogniser=RedRecogniser(fall=2.0)), parser=parser)
    kept = enhance(grey_photo(), asking(identity_policy="protect", identity_threshold=1), strict, Run())
    assert (actions(kept), parser.batches) == (["kept"], [])
    enhance(grey_photo(), asking(), strict, Run())
    assert parser.batches == [1]


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_named_models_do_the_work(work: Callable[..., Enhanced]) -> None:
    other = FakeUpscaler(4, name="other-upscaler")
    offering = replace(
        models(LEFT), offered_upscalers={"mine": other}, offered_restorers={"mine": FakeRestorer(name="other-restorer")}
    )
    result = work(grey_photo(), asking(restorer="mine", upscaler="mine"), offering, Run())
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
    result = work(grey_photo(), asking(), models, Run())
    alone = work(grey_photo(), asking(), short_of_memory(batch_size=1, failures=False), Run())
    assert result.image.tobytes() == alone.image.tobytes()
    assert "device_memory_low" not in codes(result)


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_memory_that_runs_low_is_said_once_and_changes_no_pixel(work: Callable[..., Enhanced]) -> None:
    models = short_of_memory(batch_size=8, failures=True)
    result = work(grey_photo(), asking(), models, Run())
    plenty = work(grey_photo(), asking(), short_of_memory(batch_size=8, failures=False), Run())
    assert codes(result).count("device_memory_low") == 1
    assert codes(result)[:-1] == codes(plenty)
    assert result.image.tobytes() == plenty.image.tobytes()
    if work is enhance:
        assert models.restorer.batches == [2, 1, 1]  # type: ignore[attr-defined]
        assert models.parser.batches == [2, 1, 1]  # type: ignore[union-attr]
    assert "device_memory_low" not in codes(work(grey_photo(), asking(), models, Run()))


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_notices_of_decoding_come_along(work: Callable[..., Enhanced]) -> None:
    notice = Notice("animation", "Only the first picture was used.")
    result = work(replace(grey_photo(), notices=(notice,)), asking(), models(LEFT), Run())
    assert result.notices[0] == notice


@pytest.mark.parametrize("width", [1, 7])
@pytest.mark.parametrize("height", [1, 5])
def test_the_smallest_photos_pass(width: int, height: int) -> None:
    result = enhance(grey_photo(width, height), asking(require_face=False), models(), Run())
    assert result.image.shape == (2 * height, 2 * width, 3)


def test_upscale_photo_looks_for_no_faces() -> None:
    run = Run()
    result = upscale_photo(grey_photo(), asking(), models(LEFT), run)
    assert result.faces == ()
    assert result.notices == ()
    assert list(run.timings_ms) == ["upscaling"]
