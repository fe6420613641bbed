"""How much memory does each model work in? `python -m bench.model_memory [--official] [--precision fp32]`.

Gives each model its largest input, twice, and compares the growth of resident memory at the peak with the
`working_bytes` that its adapter states. The official models have random weights. Exit status 1 if one took more.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeAlias, get_args

import cv2
import numpy as np
import skimage.data

from app.settings import Settings
from app.work.memory import resident_bytes
from bench import weights
from bench.peak import PeakMemory
from pipeline.geometry import FFHQ_512_TEMPLATE
from pipeline.models.catalogue.selection import choose
from pipeline.models.loading import load
from pipeline.models.roles import Model, Models
from pipeline.models.runtime.runtime import choose_runtime
from pipeline.steps.identity import FACES_AT_ONCE
from pipeline.types import Crop, Image, Precision

Work: TypeAlias = Callable[[], object]

MEGABYTE = 1e6
PHOTO = 4000, 3000  # pixels, for LPIPS


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a line for each model. Returns the exit status: 1 if one took more than it states."""
    parser = argparse.ArgumentParser(prog="python -m bench.model_memory", description="Stated and measured memory.")
    parser.add_argument("--official", action="store_true", help="the official models, with random weights")
    parser.add_argument("--precision", choices=get_args(Precision), default="auto", help="of the networks' numbers")
    parsed = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        models = _loaded(Path(folder), official=parsed.official, precision=parsed.precision)
    fits = True
    for model, work in _works(models):
        taken = max(_taken(work) for _ in range(2)) / MEGABYTE
        stated = model.working_bytes / MEGABYTE
        fits &= taken <= stated
        print(f"{model.name:<24} stated {stated:5.0f} MB, taken {taken:5.0f} MB", flush=True)
    return 0 if fits else 1


def _loaded(folder: Path, *, official: bool, precision: Precision) -> Models:
    settings = Settings.model_validate({"models": "official" if official else "embedded", "weights_dir": folder})
    if official:
        weights.write(folder)
    known = {"registry": weights.registry(folder)} if official else {}
    return load(choose(settings.model_preferences, **known), choose_runtime("cpu", precision), folder)


def _works(models: Models) -> Iterator[tuple[Model, Work]]:
    """Each model, and a function that runs it once on its largest input."""
    face = _portrait(1280, 1280)
    crop = Crop(_portrait(512, 512), np.array([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]]))
    yield models.detector, lambda: models.detector.detect(face, _go_on)
    for restorer in models.offered_restorers.values():
        yield restorer, partial(restorer.restore, [crop] * restorer.batch_size)
    for upscaler in models.upscalers.values():
        tiles = [_portrait(upscaler.tile, upscaler.tile)] * upscaler.batch_size
        yield upscaler, partial(upscaler.upscale, tiles)
    if (parser := models.parser) is not None:
        yield parser, lambda: parser.parse([crop.image] * parser.batch_size)
    if (recogniser := models.recogniser) is not None:
        images, landmarks = [crop.image] * FACES_AT_ONCE, [FFHQ_512_TEMPLATE] * FACES_AT_ONCE
        yield recogniser, lambda: recogniser.embed(images, landmarks)
    if (perceptual := models.perceptual) is not None:
        photo = _portrait(*PHOTO)
        changed = photo * np.float32(0.9)
        yield perceptual, lambda: perceptual.distance(photo, changed, _go_on)


def _taken(work: Work) -> int:
    """The growth of resident memory at the peak of `work`, in bytes."""
    peak = PeakMemory()
    peak.reset()
    before = resident_bytes()
    work()
    return int((peak.read()["run_mb"] or 0.0) * MEGABYTE) - before


def _portrait(width: int, height: int) -> Image:
    """A face (H, W, 3), RGB in [0, 1]."""
    resized = cv2.resize(skimage.data.astronaut(), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(resized, np.float32) / np.float32(255)


def _go_on() -> None:
    """A check that never ends the work."""


if __name__ == "__main__":
    sys.exit(main())
