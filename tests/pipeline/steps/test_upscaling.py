from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import Cancelled, DeadlineExceeded, StageFailed
from pipeline.geometry import resize
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.run import Run
from pipeline.steps.upscaling import output_size, upscale, upscale_tiled
from pipeline.types import Image
from pipeline.upscaler_choice import passes_for
from tests.pipeline.fakes import FakeUpscaler
from tests.pipeline.steps.upscaling_pictures import Tiled, noise

UPSCALERS = {2: FakeUpscaler(2), 4: FakeUpscaler(4)}


# --- sizes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (3, 7), (4000, 40), (65, 64)])
@pytest.mark.parametrize("factor", [0.1, 0.7, 1, 1.5, 2, 3.3, 4, 7.3])
@pytest.mark.parametrize("background", ["upscale", "resample"])
def test_any_size_and_factor_gives_the_exact_output(size: tuple[int, int], factor: float, background: str) -> None:
    width, height = size
    image = noise(height, width)
    image.flags.writeable = False
    asked = max(1, round(width * factor)), max(1, round(height * factor))
    result = upscale(image, asked, passes_for(factor, UPSCALERS) if background == "upscale" else (), Run())
    assert result.shape == (asked[1], asked[0], 3)
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    assert 0 <= result.min() <= result.max() <= 1


@given(width=st.integers(1, 9000), height=st.integers(1, 9000), factor=st.floats(1, 8))
def test_the_output_size_is_the_factor_to_half_a_pixel(width: int, height: int, factor: float) -> None:
    size = output_size(width, height, EnhanceOptions(upscale_factor=factor))
    assert abs(size[0] - width * factor) <= 0.5
    assert abs(size[1] - height * factor) <= 0.5


def test_no_side_of_the_output_vanishes() -> None:
    assert output_size(1, 3, EnhanceOptions(upscale_factor=0.25)) == (1, 1)
    assert output_size(9000, 3, EnhanceOptions(width=16)) == (16, 1)


@given(width=st.integers(1, 9000), height=st.integers(1, 9000), asked=st.integers(16, 32_768))
def test_a_side_has_exactly_the_pixels_that_are_asked_for_and_the_other_follows(
    width: int, height: int, asked: int
) -> None:
    by_width = output_size(width, height, EnhanceOptions(width=asked))
    by_height = output_size(width, height, EnhanceOptions(height=asked))
    assert by_width[0] == by_height[1] == asked
    assert abs(by_width[1] - height * asked / width) <= 0.5 or by_width[1] == 1
    assert abs(by_height[0] - width * asked / height) <= 0.5 or by_height[0] == 1
    by_long_side = output_size(width, height, EnhanceOptions(long_side=asked))
    assert by_long_side == (by_width if width >= height else by_height)
    assert max(by_long_side) == asked


@pytest.mark.parametrize(
    ("factor", "scales"),
    [(1, [2]), (1.5, [2]), (2, [2]), (2.01, [4]), (4, [4]), (4.1, [2, 4]), (8, [2, 4])],
)
def test_the_network_of_the_next_scale_is_taken(factor: float, scales: list[int]) -> None:
    upscalers = {scale: FakeUpscaler(scale) for scale in (4, 2)}
    size = round(8 * factor), round(8 * factor)
    upscale(noise(8, 8), size, passes_for(factor, upscalers), Run())
    assert [scale for scale, upscaler in sorted(upscalers.items()) if upscaler.shapes] == scales


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    factor=st.floats(0.05, 4),
    scale=st.sampled_from([2, 4]),
)
@example(height=67, width=3, factor=1.0, scale=4)
def test_more_than_was_asked_for_is_averaged_down(height: int, width: int, factor: float, scale: int) -> None:
    """As if the whole enlarged picture had been resampled at once, though it never is in memory."""
    image = noise(height, width)
    size = output_size(width, height, EnhanceOptions(upscale_factor=factor))
    result = upscale(image, size, [FakeUpscaler(scale, 24, 8)], Run())
    whole = image.repeat(scale, axis=0).repeat(scale, axis=1)
    assert np.abs(result - resize(whole, size)).max() < 1e-4


def test_resample_asks_no_network_and_is_plain_resizing() -> None:
    upscalers = {2: FakeUpscaler(2)}
    image = noise(9, 11)
    assert np.array_equal(upscale(image, (22, 18), (), Run()), resize(image, (22, 18)))
    assert upscalers[2].shapes == []


# --- failures ----------------------------------------------------------------------------------------------------


def with_a_hole(image: Image) -> Image:
    image[0, 0, 0] = np.nan
    return image


def overflown(image: Image) -> Image:
    image[-1, -1, 2] = -np.inf
    return image


@pytest.mark.parametrize(
    "change",
    [with_a_hole, overflown, lambda image: image[1:], lambda image: image[..., :1], lambda image: image[::2, ::2]],
    ids=["nan", "infinite", "cut", "grey", "not-enlarged"],
)
def test_what_is_no_enlarged_tile_is_an_error_that_names_the_upscaler(change: Callable[[Image], Image]) -> None:
    run = Run()
    with pytest.raises(StageFailed, match="fake-upscaler") as caught, run.stage("upscaling"):
        upscale(noise(10, 10), (20, 20), [FakeUpscaler(2, change=change)], run)
    assert caught.value.stage == "upscaling"


def test_values_beyond_the_range_are_clipped() -> None:
    result = upscale_tiled(noise(10, 10), FakeUpscaler(2, change=lambda image: image * 4 - 2), Run())
    assert (result.min(), result.max()) == (0, 1)


@pytest.mark.parametrize("expected", [Cancelled, DeadlineExceeded])
def test_an_unwanted_run_stops_within_one_tile(expected: type[Exception]) -> None:
    run = Run()

    def leave(image: Image) -> Image:
        if len(upscaler.shapes) == 3:
            if expected is Cancelled:
                run.cancelled.set()
            else:
                run.deadline = 0.0
        return image

    upscaler = FakeUpscaler(2, 16, 4, leave)
    with pytest.raises(expected):
        upscale_tiled(noise(100, 100), upscaler, run)
    assert len(upscaler.shapes) == 3


@pytest.mark.parametrize("batch_size", [1, 3])
def test_progress_counts_the_tiles(batch_size: int) -> None:
    heard: list[float] = []
    run = Run(on_progress=lambda stage, fraction: heard.append(fraction))
    upscaler = FakeUpscaler(2, 16, 4, batch_size=batch_size)
    with run.stage("upscaling"):
        upscale_tiled(noise(20, 40), upscaler, run)
    tiles = len(upscaler.shapes)
    assert tiles == 8
    assert heard[0] == 0
    assert heard[-1] == 1
    assert len(heard) == tiles + 1
    assert all(0 < second - first < 2 / tiles for first, second in pairwise(heard))


def test_the_same_picture_gives_the_same_bytes(embedded_models: Models, astronaut: Image) -> None:
    network = embedded_models.upscalers[2]
    first, second = (upscale_tiled(astronaut[:60, :80], Tiled(network, 64, 16), Run()) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_upscaling_keeps_no_state_between_photos() -> None:
    upscaler = FakeUpscaler(2, 16, 4)
    image = noise(30, 30)
    alone = upscale_tiled(image, replace(upscaler), Run())
    upscale_tiled(noise(50, 20), upscaler, Run())
    assert np.array_equal(upscale_tiled(image, upscaler, Run()), alone)
