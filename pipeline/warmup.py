"""Warm-up: every model once, on made-up pixels, so that the first real photo meets prepared kernels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from pipeline.errors import PipelineError, StageFailed
from pipeline.geometry import FFHQ_512_TEMPLATE
from pipeline.models.roles import Models, Named
from pipeline.run import Run
from pipeline.steps.restoration import restore_crops
from pipeline.steps.upscaling import upscale_tiled
from pipeline.types import CROP_SIZE, Crop, Image

# Pixels of what upscalers are tried on. Photos' tiles have sizes of their own, whose kernels a larger picture would not
# prepare either; it would only take as much memory as a large photo.
SMALL_SIDE = 96


def warm_up(models: Models, run: Run) -> None:
    """Run each model of `models` once, also those that are only offered.

    Raises what a real photo would: `StageFailed`, which names the model, and `DeviceOutOfMemory`.
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
            side = min(SMALL_SIDE, upscaler.tile - upscaler.overlap)  # with its margins no more than one tile
            with _naming(upscaler):
                upscale_tiled(image[:side, :side], upscaler, run)
    with run.stage("metrics"):
        if models.perceptual is not None:
            with _naming(models.perceptual):
                models.perceptual.distance(image, restored[0], run.check)


@contextmanager
def _naming(model: Named) -> Iterator[None]:
    """Say which model it was that failed: with several of a role the stage alone does not tell."""
    try:
        yield
    except (PipelineError, MemoryError, cv2.error):
        raise
    except Exception as error:
        raise StageFailed(f"The model {model.name} does not run: {error}") from error
