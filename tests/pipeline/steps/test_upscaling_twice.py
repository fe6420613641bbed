"""Upscaling in two passes, where the photo grows beyond the largest scale of a network."""

from __future__ import annotations

import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import Cancelled, DeadlineExceeded
from pipeline.geometry import resize
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.run import Run
from pipeline.steps.upscaling import output_size, upscale, upscale_tiled
from pipeline.types import Image
from pipeline.upscaler_choice import passes_for
from tests.pipeline.fakes import FakeUpscaler
from tests.pipeline.steps.upscaling_pictures import Tiled, gradient, noise


@pytest.mark.parametrize(
    ("factor", "loaded", "chosen"),
    [
        (4, [2, 4], [4]),
        (4.01, [2, 4], [4, 2]),
        (8, [2, 4], [4, 2]),
        (8.1, [2, 4], [4, 4]),
        (5, [4], [4, 4]),
        (3, [2], [2, 2]),
        (8, [2], [2, 2]),
        (8, [1, 2, 4], [4, 2]),
        (7, [3, 2], [3, 3]),
        (2, [1], [1]),
    ],
)
def test_the_smallest_networks_that_reach_are_taken(factor: float, loaded: list[int], chosen: list[int]) -> None:
    upscalers = {scale: FakeUpscaler(scale) for scale in loaded}
    assert [upscaler.scale for upscaler in passes_for(factor, upscalers)] == chosen


@settings(max_examples=40, deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 40), factor=st.floats(4.01, 8), second=st.sampled_from([2, 4]))
@example(height=1, width=1, factor=4.6, second=2)
@example(height=33, width=7, factor=8.0, second=4)
def test_the_result_has_the_asked_size_and_the_first_pass_s_means(
    height: int, width: int, factor: float, second: int
) -> None:
    """Of a smooth picture, whatever the second pass does to its brightness."""
    image = gradient(200, 200)[60 : 60 + height, 60 : 60 + width]
    size = output_size(width, height, EnhanceOptions(upscale_factor=factor))
    darker = FakeUpscaler(second, 24, 8, lambda tile: tile * np.float32(0.7))
    result = upscale(image, size, [FakeUpscaler(4, 24, 8), darker], Run())
    assert result.shape == (size[1], size[0], 3)
    assert result.flags.c_contiguous
    assert result.dtype == np.float32
    assert 0 <= result.min() <= result.max() <= 1
    first = image.repeat(4, axis=0).repeat(4, axis=1)
    assert np.abs(resize(result, (4 * width, 4 * height)) - first).mean() < 0.02


@pytest.mark.parametrize(("factor", "expected"), [(8, (160, 240)), (6, (120, 180)), (4.5, (90, 135))])
def test_the_second_pass_works_at_the_size_that_it_enlarges_to_the_result(
    factor: float, expected: tuple[int, int]
) -> None:
    second = FakeUpscaler(2, 10_000, 0)
    upscale(noise(40, 60), (round(60 * factor), round(40 * factor)), [FakeUpscaler(4), second], Run())
    assert second.shapes == [(*expected, 3)]


def test_what_two_passes_do_not_reach_is_resampled() -> None:
    twice = [FakeUpscaler(2), FakeUpscaler(2)]
    result = upscale(gradient(20, 30), (240, 160), twice, Run())
    assert result.shape == (160, 240, 3)
    assert np.abs(result - resize(gradient(20, 30), (240, 160))).mean() < 0.02


def test_back_projection_leaves_fine_detail_to_the_second_pass() -> None:
    """Stripes of one pixel have the mean of the grey that they are drawn on, so nothing of them is taken back."""

    def striped(tile: Image) -> Image:
        tile[:, ::2] += 0.2
        tile[:, 1::2] -= 0.2
        return tile

    grey = np.full((30, 40, 3), 0.5, np.float32)
    result = upscale(grey, (320, 240), [FakeUpscaler(4), FakeUpscaler(2, change=striped)], Run())
    assert np.abs(np.abs(result - 0.5) - 0.2).max() < 1e-5


def test_progress_of_both_passes_only_grows_and_ends_at_one() -> None:
    heard: list[float] = []
    run = Run(on_progress=lambda stage, fraction: heard.append(fraction))
    first, second = FakeUpscaler(4, 32, 8), FakeUpscaler(2, 32, 8)
    with run.stage("upscaling"):
        upscale(noise(30, 40), (320, 240), [first, second], run)
    assert (heard[0], heard[-1]) == (0, pytest.approx(1))
    assert all(before <= after for before, after in pairwise(heard))
    assert heard[len(first.shapes)] == pytest.approx(1 / 17)  # the first pass sees a 16th of the second's pixels
    assert max(after - before for before, after in pairwise(heard)) < 0.1


@pytest.mark.parametrize("expected", [Cancelled, DeadlineExceeded])
def test_an_unwanted_run_stops_within_the_second_pass(expected: type[Exception]) -> None:
    run = Run(cancelled=threading.Event())

    def leave(image: Image) -> Image:
        if expected is Cancelled:
            run.cancelled.set()
        else:
            run.deadline = 0.0
        return image

    second = FakeUpscaler(2, 32, 8, leave)
    with pytest.raises(expected):
        upscale(noise(30, 40), (320, 240), [FakeUpscaler(4), second], run)
    assert len(second.shapes) == 1


def test_the_same_picture_gives_the_same_bytes_and_no_input_is_written(
    embedded_models: Models, astronaut: Image
) -> None:
    passes = passes_for(8, embedded_models.upscalers)
    face = astronaut[60:100, 200:250]  # read-only
    first, second = (upscale(face, (400, 320), passes, Run()) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_the_second_pass_of_the_embedded_networks_makes_edges_sharper_and_no_other_picture(
    embedded_models: Models, astronaut: Image
) -> None:
    truth = astronaut[:320, 80:400]
    small = resize(truth, (40, 40))
    networks = embedded_models.upscalers
    once = resize(upscale_tiled(small, networks[4], Run()), (320, 320))
    twice = upscale(small, (320, 320), [networks[4], Tiled(networks[2], 104, networks[2].overlap)], Run())

    def error(result: Image) -> float:
        return float(np.sqrt(((result - truth) ** 2).mean()))

    def sharpness(result: Image) -> float:
        return float(np.abs(np.diff(result, n=2, axis=1)).mean())

    assert sharpness(twice) > 1.5 * sharpness(once)
    assert error(twice) < 1.12 * error(once)
