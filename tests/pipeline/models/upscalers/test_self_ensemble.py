"""The geometric self-ensemble of an upscaler."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.models.upscalers.self_ensemble import SelfEnsemble
from pipeline.types import Image


class Painter:
    """Enlarges by repetition, and adds `mark` to the pixel in the top left corner of what it is given."""

    name, scale, tile, overlap, working_bytes, batch_size = "painter", 2, 64, 8, 5, 3

    def __init__(self, mark: float = 0.0) -> None:
        self.mark = mark
        self.shapes: list[tuple[int, ...]] = []

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        self.shapes += [tile.shape for tile in tiles]
        enlarged = [tile.repeat(2, axis=0).repeat(2, axis=1) for tile in tiles]
        for picture in enlarged:
            picture[0, 0] += self.mark
        return enlarged


def tiles(count: int = 2) -> list[Image]:
    return list(np.random.default_rng(1).random((count, 5, 7, 3), np.float32))


def test_each_position_is_turned_back() -> None:
    for tile, mean in zip(tiles(), SelfEnsemble(Painter()).upscale(tiles()), strict=True):
        np.testing.assert_allclose(mean, tile.repeat(2, axis=0).repeat(2, axis=1), atol=1e-6)


def test_all_eight_positions_have_one_part_of_the_mean() -> None:
    """In eight positions each corner is in the top left twice."""
    painter = Painter(mark=8.0)
    (mean,) = SelfEnsemble(painter).upscale([np.zeros((5, 7, 3), np.float32)])
    corners = mean[[0, 0, -1, -1], [0, -1, 0, -1], 0]
    np.testing.assert_allclose(corners, 2)
    assert mean.sum() == pytest.approx(8 * 3)
    assert sorted(painter.shapes) == [(5, 7, 3)] * 4 + [(7, 5, 3)] * 4


def test_it_is_an_upscaler_like_its_own() -> None:
    ensemble = SelfEnsemble(Painter())
    found = ensemble.name, ensemble.scale, ensemble.tile, ensemble.overlap, ensemble.working_bytes, ensemble.batch_size
    assert found == ("painter", 2, 64, 16, 5, 3)


def test_tiles_overlap_twice_as_much_but_never_by_more_than_half() -> None:
    painter = Painter()
    painter.overlap = 40
    assert SelfEnsemble(painter).overlap == 32
