"""Photos, faces and models for tests of whole runs, and what is read from their results."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from pipeline.errors import (
    Cancelled,
    PipelineError,
)
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.run import Run
from pipeline.types import Enhanced, Photo
from tests.pipeline.fakes import (
    FakeRestorer,
    FixedDetector,
    RedRecogniser,
    face_in,
    fake_models,
    with_less_red,
)

STAGES = ["color", "detection", "alignment", "restoration", "identity", "upscaling", "blending"]
LEFT, SMALL, RIGHT = face_in(20, 30, 110, 120), face_in(115, 100, 129, 114), face_in(130, 40, 230, 140)


def grey_photo(width: int = 250, height: int = 170, squares: float = 0.0) -> Photo:
    """Grey and smooth, so that `RedRecogniser` knows it; `squares` is the contrast of a chessboard with sharp edges."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    grey = 0.7 + 0.1 * np.sin(rows / 20) * np.cos(columns / 25)
    grey += squares * ((rows // 8 + columns // 8) % 2)
    return Photo(frozen(grey[..., None].repeat(3, axis=2)))


def frozen(image: Any) -> Any:
    image = np.ascontiguousarray(image, dtype=np.float32)
    image.flags.writeable = False
    return image


def models(*faces: Any, restorer: FakeRestorer | None = None, recogniser: RedRecogniser | None = None) -> Models:
    return fake_models(FixedDetector(faces), restorer or FakeRestorer(with_less_red), recogniser=recogniser)


def asking(**options: Any) -> EnhanceOptions:
    """Options without the colour lock, which would give back the red that the fake restorer takes."""
    return EnhanceOptions(**{"color_lock": False} | options)


def codes(result: Enhanced) -> list[str]:
    return [notice.code for notice in result.notices]


def actions(result: Enhanced) -> list[str]:
    return [report.verdict.action for report in result.faces]


def red_lost(result: Enhanced, x: float, y: float, factor: float = 2) -> float:
    pixel = result.image[round(y * factor), round(x * factor)]
    return float(pixel[1] - pixel[0])


def stopping_at(stage: str, kind: type[PipelineError]) -> Run:
    """A run that becomes unwanted as soon as a stage begins."""

    def listen(name: str, fraction: float) -> None:
        if name == stage and kind is Cancelled:
            run.cancelled.set()
        elif name == stage:
            run.deadline = time.monotonic() - 1

    run = Run(on_progress=listen)
    return run
