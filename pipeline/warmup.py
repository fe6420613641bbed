"""Warm-up: every model runs once on synthetic pixels, so that kernels are prepared before the first photo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from pipeline.errors import PipelineError, StageFailed
from pipeline.geometry import FFHQ_512_TEMPLATE
from pipeline.models.roles import Model, Models
from pipeline.run import Run
from pipeline.steps.restoration import restore_crops
from pipeline.steps.upscaling import upscale_tiled
from pipeline.types import CROP_SIZE, Crop, Image

# Pixels; the side of the picture for upscalers. A larger picture would take as much memory as a large photo and would
# not prepare the kernels of photos either, because their tiles have other sizes.
SMALL_SIDE = 96


def warm_up(models: Models, run: Run) -> None:
    """Run each model of `models` once, including those that are only offered.

    Raises as a photo does: `StageFailed`, which names the model, `DeviceOutOfMemory`, `DeadlineExceeded`, `Cancelled`.
    """
    ramp = np.linspace(0.0, 1.0, CROP_SIZE, dtype=np.float32)
    image: Image = np.repeat((ramp[:, None] + ramp[None, :])[..., None] / np.float32(2), 3, axis=2)
    crop = Crop(image, np.array([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]]))
    with run.stage("detection"), _naming(models.detector):
        models.detector.detect(image, run.check)
    with run.stage("restoration"):
        with _naming(models.restorer):
            restored = restore_crops([crop], models.restorer, run)
        for restorer in models.offered_restorers.values():
            if restorer is not models.restorer:
                with _naming(restorer):
                    restore_crops([crop], restorer, run)
    with run.stage("identity"):
        if models.recogniser is not None:
            with _naming(models.recogniser):
                models.recogniser.embed(restored, [FFHQ_512_TEMPLATE])
    with run.stage("blending"):
        if models.parser is not None:
            with _naming(models.parser):
                models.parser.parse(restored)
    with run.stage("upscaling"):
        defaults = list(models.upscalers.values())
        others = [u for u in models.offered_upscalers.values() if not any(u is default for default in defaults)]
        for upscaler in defaults + others:
            side = min(SMALL_SIDE, upscaler.tile - upscaler.overlap)  # one tile, margins included
            with _naming(upscaler):
                upscale_tiled(image[:side, :side], upscaler, run)
    with run.stage("metrics"):
        if models.perceptual is not None:
            with _naming(models.perceptual):
                models.perceptual.distance(image, restored[0], run.check)


@contextmanager
def _naming(model: Model) -> Iterator[None]:
    """Name the model in the error, because a role may have several models and the stage alone is ambiguous."""
    try:
        yield
    except (PipelineError, MemoryError, cv2.error):
        raise
    except Exception as error:
        raise StageFailed(f"The model {model.name} does not run: {error}") from error
