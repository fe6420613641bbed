from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.geometry import resize
from pipeline.models.roles import Models
from pipeline.models.runtime.runtime import choose_runtime
from pipeline.models.upscalers.compact import CompactUpscaler
from pipeline.run import Run
from pipeline.steps.upscaling import upscale, upscale_tiled
from pipeline.tiling import tile_spans
from pipeline.types import Image
from tests.pipeline.fakes import FakeUpscaler
from tests.pipeline.steps.upscaling_pictures import Tiled, gradient, noise

spans = settings(max_examples=60, deadline=None)


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
    size = image.shape[1] * scale, image.shape[0] * scale
    result = upscale(image, size, [embedded_models.upscalers[scale]], Run())
    back = resize(result, (image.shape[1], image.shape[0]))
    assert np.abs(back - image).mean() < 0.03
