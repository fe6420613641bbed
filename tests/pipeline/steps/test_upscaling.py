from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.batches import MEMORY_LOW
from pipeline.errors import Cancelled, DeadlineExceeded, DeviceOutOfMemory, StageFailed
from pipeline.geometry import resize
from pipeline.models.roles import Models, Upscaler
from pipeline.models.runtime.runtime import choose_runtime
from pipeline.models.upscalers.compact import CompactUpscaler
from pipeline.run import Run
from pipeline.steps.upscaling import output_size, upscale, upscale_tiled, upscaler_for
from pipeline.tiling import MIN_TILE, tile_spans
from pipeline.types import Image
from tests.pipeline.fakes import FakeUpscaler

UPSCALERS = {2: FakeUpscaler(2), 4: FakeUpscaler(4)}
spans = settings(max_examples=60, deadline=None)


def noise(height: int, width: int) -> Image:
    return np.random.default_rng(4).random((height, width, 3), dtype=np.float32)


def gradient(height: int, width: int) -> Image:
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([rows / height, columns / width, (rows + columns) / (height + width)], axis=2)


@dataclass
class Tiled:
    """An upscaler with smaller tiles."""

    inner: Upscaler
    tile: int
    overlap: int
    room: float = math.inf  # pixels that fit into memory at once
    name: str = "tiled"
    batch_size: int = 1
    shapes: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def scale(self) -> int:
        return self.inner.scale

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        if sum(tile.shape[0] * tile.shape[1] for tile in tiles) > self.room:
            raise DeviceOutOfMemory("No room.")
        self.shapes.extend(tile.shape for tile in tiles)
        return self.inner.upscale(tiles)


# --- sizes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (3, 7), (4000, 40), (65, 64)])
@pytest.mark.parametrize("factor", [1, 1.5, 2, 3.3, 4])
@pytest.mark.parametrize("background", ["upscale", "resample"])
def test_any_size_and_factor_gives_the_exact_output(size: tuple[int, int], factor: float, background: str) -> None:
    width, height = size
    image = noise(height, width)
    image.flags.writeable = False
    result = upscale(image, factor, upscaler_for(factor, UPSCALERS) if background == "upscale" else None, Run())
    assert result.shape == (max(1, round(height * factor)), max(1, round(width * factor)), 3)
    assert result.shape[1::-1] == output_size(width, height, factor)
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    assert 0 <= result.min() <= result.max() <= 1


@given(width=st.integers(1, 9000), height=st.integers(1, 9000), factor=st.floats(1, 4))
def test_the_output_size_is_the_factor_to_half_a_pixel(width: int, height: int, factor: float) -> None:
    size = output_size(width, height, factor)
    assert abs(size[0] - width * factor) <= 0.5
    assert abs(size[1] - height * factor) <= 0.5


def test_no_side_of_the_output_vanishes() -> None:
    assert output_size(1, 3, 0.25) == (1, 1)


@pytest.mark.parametrize(
    ("factor", "scales"), [(1, [2]), (1.5, [2]), (2, [2]), (2.01, [4]), (3.3, [4]), (4, [4]), (6, [4])]
)
def test_the_network_of_the_next_scale_is_taken(factor: float, scales: list[int]) -> None:
    upscalers = {scale: FakeUpscaler(scale) for scale in (4, 2)}
    upscale(noise(8, 8), factor, upscaler_for(factor, upscalers), Run())
    assert [scale for scale, upscaler in sorted(upscalers.items()) if upscaler.shapes] == scales


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    factor=st.floats(1, 4),
    scale=st.sampled_from([2, 4]),
)
@example(height=67, width=3, factor=1.0, scale=4)
def test_more_than_was_asked_for_is_averaged_down(height: int, width: int, factor: float, scale: int) -> None:
    """As if the whole enlarged picture had been resampled at once, though it never is in memory."""
    image = noise(height, width)
    result = upscale(image, factor, FakeUpscaler(scale, 24, 8), Run())
    whole = image.repeat(scale, axis=0).repeat(scale, axis=1)
    assert np.abs(result - resize(whole, output_size(width, height, factor))).max() < 1e-4


def test_resample_asks_no_network_and_is_plain_resizing() -> None:
    upscalers = {2: FakeUpscaler(2)}
    image = noise(9, 11)
    assert np.array_equal(upscale(image, 2, None, Run()), resize(image, (22, 18)))
    assert upscalers[2].shapes == []


# --- tiles -------------------------------------------------------------------------------------------------------


@spans
@given(length=st.integers(1, 3000), tile=st.integers(8, 256), overlap=st.integers(0, 32))
def test_tiles_cover_the_axis_are_equal_and_share_enough(length: int, tile: int, overlap: int) -> None:
    overlap = min(overlap, tile // 2)
    found = tile_spans(length, tile, overlap)
    assert found[0][0] == 0
    assert found[-1][1] == length
    assert len({stop - start for start, stop in found}) == 1
    assert found[0][1] <= tile
    assert sum(stop - start for start, stop in found) <= length + (len(found) - 1) * overlap + 16 * len(found)
    for (_, end), (start, _) in pairwise(found):
        assert end - start >= overlap


@spans
@given(
    height=st.integers(1, 120),
    width=st.integers(1, 120),
    tile=st.integers(8, 48),
    overlap=st.integers(0, 24),
    scale=st.integers(1, 3),
)
@example(height=40, width=33, tile=17, overlap=4, scale=2)  # the first tile reaches into the third
@example(height=500, width=1, tile=256, overlap=32, scale=2)
def test_fades_add_up_to_one_everywhere(height: int, width: int, tile: int, overlap: int, scale: int) -> None:
    """Tiles of one colour that agree give that colour: any other value is a sum of weights that is not one."""
    upscaler = FakeUpscaler(scale, tile, min(overlap, tile // 2))
    grey = np.full((height, width, 3), 0.5, np.float32)
    assert np.abs(upscale_tiled(grey, upscaler, Run()) - 0.5).max() < 1e-5


@pytest.mark.parametrize("size", [(100, 130), (33, 40), (64, 65), (1, 200), (3, 7)])
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_tiles_that_agree_join_to_the_untiled_picture(size: tuple[int, int], scale: int) -> None:
    image = noise(*size)
    expected = image.repeat(scale, axis=0).repeat(scale, axis=1)
    assert np.abs(upscale_tiled(image, FakeUpscaler(scale, 32, 8), Run()) - expected).max() < 1e-5


def test_few_shapes_reach_the_network() -> None:
    upscaler = FakeUpscaler(2, 32, 8)
    upscale_tiled(noise(150, 333), upscaler, Run())
    assert set(upscaler.shapes) == {(32, 32, 3)}


def test_the_border_is_continued_by_reflection() -> None:
    seen: list[Image] = []
    image = noise(6, 9)
    upscale_tiled(image, FakeUpscaler(1, 64, 8, lambda tile: seen.append(tile) or tile), Run())
    assert np.array_equal(seen[0], np.pad(image, ((4, 4), (4, 4), (0, 0)), mode="reflect"))


class Moody(FakeUpscaler):
    """Makes each tile lighter or darker than the one before."""

    def enlarged(self, tile: Image) -> Image:
        return super().enlarged(tile) + np.float32(0.1 if len(self.shapes) % 2 else -0.1)


@pytest.mark.parametrize(("height", "width"), [(64, 500), (500, 64), (200, 240), (90, 110)])
def test_tiles_that_disagree_show_no_seam(height: int, width: int) -> None:
    """A difference of 0.2 is spread over a quarter of the overlap: 4 px, twice as many in the output."""
    result = upscale_tiled(np.full((height, width, 3), 0.5, np.float32), Moody(2, 64, 16), Run())
    assert result.max() - result.min() > 0.15  # they do disagree
    steps = max(float(np.abs(np.diff(result, axis=axis)).max()) for axis in (0, 1))
    assert steps <= 0.2 / 8 * 1.1


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("kind", ["gradient", "astronaut"])
def test_the_embedded_networks_tiled_equal_themselves_untiled(
    scale: int, kind: str, embedded_models: Models, astronaut: Image
) -> None:
    image = gradient(80, 100) if kind == "gradient" else astronaut[70:150, 170:270]
    network = embedded_models.upscalers[scale]
    whole = upscale_tiled(image, Tiled(network, 256, network.overlap), Run())
    tiled = upscale_tiled(image, Tiled(network, 104, network.overlap), Run())
    edge = 8 * scale
    assert np.abs(tiled - whole)[edge:-edge, edge:-edge].max() <= 2 / 255


@pytest.mark.shared
def test_a_real_network_tiled_equals_itself_untiled(shared_weights: Path, astronaut: Image) -> None:
    weights = torch.load(shared_weights / "realesr-general-x4v3.pth", weights_only=True)
    network = CompactUpscaler("realesr-general-x4v3", weights, choose_runtime("cpu"))
    image = astronaut[60:150, 170:270]
    whole = upscale_tiled(image, Tiled(network, 256, network.overlap), Run())
    tiled = upscale_tiled(image, Tiled(network, 104, network.overlap), Run())
    assert np.abs(tiled - whole)[32:-32, 32:-32].max() <= 2 / 255
    assert np.abs(whole - resize(image, (400, 360))).mean() > 1e-3  # it is no plain resampling


@pytest.mark.parametrize("scale", [2, 4])
def test_the_embedded_networks_enlarge_what_they_see(scale: int, embedded_models: Models, astronaut: Image) -> None:
    image = astronaut[60:156, 170:280]
    result = upscale(image, scale, embedded_models.upscalers[scale], Run())
    back = resize(result, (image.shape[1], image.shape[0]))
    assert np.abs(back - image).mean() < 0.03


# --- batches and memory ------------------------------------------------------------------------------------------


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
        upscale(noise(10, 10), 2, FakeUpscaler(2, change=change), run)
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
