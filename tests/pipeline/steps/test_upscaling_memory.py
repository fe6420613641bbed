from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.batches import MEMORY_LOW
from pipeline.errors import DeviceOutOfMemory
from pipeline.models.roles import Models
from pipeline.run import Run
from pipeline.steps.upscaling import upscale_tiled
from pipeline.tiling import MIN_TILE
from pipeline.types import Image
from tests.pipeline.fakes import FakeUpscaler
from tests.pipeline.steps.upscaling_pictures import Tiled, gradient, noise


@pytest.mark.parametrize(("batch_size", "expected"), [(1, [1] * 6), (3, [3, 3]), (4, [4, 2]), (8, [6])])
def test_the_tiles_of_a_row_go_in_batches(batch_size: int, expected: list[int]) -> None:
    image = noise(70, 140)  # three rows of six
    upscaler = FakeUpscaler(2, 32, 8, batch_size=batch_size)
    result = upscale_tiled(image, upscaler, Run())
    assert upscaler.batches == expected * 3
    assert np.array_equal(result, upscale_tiled(image, FakeUpscaler(2, 32, 8), Run()))


@pytest.mark.parametrize("batch_size", [3, 8])
def test_a_real_network_gives_the_same_picture_in_batches(
    batch_size: int, embedded_models: Models, astronaut: Image
) -> None:
    image, network = astronaut[70:150, 170:300], embedded_models.upscalers[2]
    alone = upscale_tiled(image, Tiled(network, 64, 16), Run())
    together = upscale_tiled(image, Tiled(network, 64, 16, batch_size=batch_size), Run())
    assert np.abs(together - alone).max() <= 0.5 / 255  # half precision rounds as the kernel of each shape does


@pytest.mark.parametrize("error", [DeviceOutOfMemory("No room."), MemoryError()], ids=["device", "host"])
@pytest.mark.parametrize("good", [0, 1, 2])
def test_a_batch_that_does_not_fit_is_halved_for_the_rest_of_the_photo(error: Exception, good: int) -> None:
    image, run = noise(70, 190), Run()  # three rows of eight
    upscaler = FakeUpscaler(2, 32, 8, batch_size=8, failures=[None] * good + [error])
    result = upscale_tiled(image, upscaler, run)
    assert upscaler.batches == [8] * (good + 1) + [4, 4] * (3 - good)
    assert run.notices == [MEMORY_LOW]
    assert np.array_equal(result, upscale_tiled(image, FakeUpscaler(2, 32, 8), Run()))


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(2 * MIN_TILE + 1, 400),
    width=st.integers(2 * MIN_TILE + 1, 300),
    tile=st.integers(2 * MIN_TILE + 1, 250),
    overlap=st.integers(0, MIN_TILE // 2),
    scale=st.integers(1, 3),
    good=st.integers(0, 8),
)
@example(height=400, width=130, tile=130, overlap=32, scale=2, good=5)
def test_a_photo_goes_on_in_smaller_tiles_from_where_it_was(
    height: int, width: int, tile: int, overlap: int, scale: int, good: int
) -> None:
    image, run = noise(height, width), Run()
    upscaler = FakeUpscaler(scale, tile, overlap, failures=[None] * good + [DeviceOutOfMemory("No room.")])
    result = upscale_tiled(image, upscaler, run)
    assert np.abs(result - image.repeat(scale, axis=0).repeat(scale, axis=1)).max() < 1e-5
    assert bool(run.notices) == (len(upscaler.shapes) > good)
    sides = [max(shape) for shape in upscaler.shapes]
    assert max(sides[good + 1 :], default=0) <= max(MIN_TILE, tile // 2)


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("kind", ["gradient", "astronaut"])
def test_smaller_tiles_show_what_the_untiled_photo_shows(
    scale: int, kind: str, embedded_models: Models, astronaut: Image
) -> None:
    image = gradient(100, 120) if kind == "gradient" else astronaut[70:170, 160:280]
    network, run = embedded_models.upscalers[scale], Run()
    whole = upscale_tiled(image, Tiled(network, 512, network.overlap), Run())
    small = Tiled(network, 512, network.overlap, room=104**2)
    tiled = upscale_tiled(image, small, run)
    assert run.notices == [MEMORY_LOW]
    assert len(small.shapes) > 4
    edge = 8 * scale
    assert np.abs(tiled - whole)[edge:-edge, edge:-edge].max() <= 2 / 255


@pytest.mark.parametrize(("tile", "overlap", "smallest"), [(256, 16, 64), (256, 48, 96), (150, 0, 64), (80, 48, 80)])
def test_memory_that_is_never_enough_ends_the_photo_and_not_the_next(tile: int, overlap: int, smallest: int) -> None:
    run = Run()
    upscaler = FakeUpscaler(2, tile, overlap, batch_size=4, room=0)
    with pytest.raises(DeviceOutOfMemory) as caught, run.stage("upscaling"):
        upscale_tiled(noise(400, 700), upscaler, run)
    assert caught.value.stage == "upscaling"
    assert upscaler.batches[-1] == 1
    assert upscaler.shapes[-1] == (smallest, smallest, 3)
    upscaler.room = math.inf
    upscaler.shapes.clear()
    upscale_tiled(noise(400, 700), upscaler, Run())
    assert max(upscaler.shapes) > (smallest, 0) or tile == smallest


def test_a_small_photo_is_cut_as_soon_as_it_does_not_fit() -> None:
    """Not only when the tile, which it does not fill, has become smaller than it."""
    upscaler = FakeUpscaler(2, 512, 16, room=100**2)
    upscale_tiled(noise(130, 110), upscaler, Run())
    assert upscaler.shapes[:2] == [(146, 126, 3), (64, 64, 3)]


@pytest.mark.parametrize("failures", [[], [MemoryError()], [None, *[MemoryError()] * 2]], ids=["none", "one", "many"])
@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_never_more_than_a_batch_of_tiles_is_on_the_device(
    batch_size: int, failures: Sequence[Exception | None]
) -> None:
    calls: list[int] = []

    class Watched(FakeUpscaler):
        def upscale(self, tiles: Sequence[Image]) -> list[Image]:
            calls.append(sum(tile.shape[0] * tile.shape[1] for tile in tiles))
            return super().upscale(tiles)

    upscale_tiled(noise(600, 900), Watched(2, 256, 16, batch_size=batch_size, failures=[*failures]), Run())
    assert max(calls) <= 256 * 256 * batch_size
    assert max(calls) < 600 * 900
