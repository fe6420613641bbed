"""Photos with a transparent background: nothing that lies hidden under it shows in the result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.photo import enhance, upscale_photo
from pipeline.run import Run
from tests import images

RED = np.array([200, 30, 40])


def cutout(hidden: int, *, smooth: bool) -> bytes:
    """A PNG of a red disc with a sharp or smooth edge; `hidden` is the colour where it is transparent."""
    rows, columns = np.mgrid[0:72, 0:60]
    opacity = 20.5 - np.hypot(rows - 36, columns - 30)
    alpha = np.round(255 * np.clip(opacity if smooth else opacity * 100, 0, 1)).astype(np.uint8)
    colors = np.where(alpha[..., np.newaxis] > 0, RED, hidden).astype(np.uint8)
    return images.png(np.dstack((colors, alpha)))


@pytest.mark.parametrize("work", [enhance, upscale_photo])
@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("hidden", [0, 255])
@pytest.mark.parametrize(
    "asked", [{}, {"upscale_factor": 1}, {"upscale_factor": 3.3}, {"background": "resample"}], ids=str
)
def test_a_disc_laid_over_its_own_color_shows_no_edge(
    work: Any, asked: dict[str, Any], hidden: int, smooth: bool, embedded_models: Models
) -> None:
    photo = decode(inspect(cutout(hidden, smooth=smooth), max_pixels=10_000))
    result = work(photo, EnhanceOptions(require_face=False, **asked), embedded_models, Run())
    assert result.alpha is not None
    laid_over = result.image * result.alpha[..., None] + RED / 255 * (1 - result.alpha[..., None])
    assert np.abs(laid_over * 255 - RED).max() <= 1
