"""Fake models that wait, fail or run slowly on demand."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from pipeline.errors import DeviceOutOfMemory
from pipeline.models.roles import Models
from pipeline.types import Crop, Face, FloatArray, Image
from tests.pipeline.fakes import between

FACE_PARTS = np.array([[0.31, 0.385], [0.69, 0.385], [0.5, 0.65], [0.34, 0.78], [0.66, 0.78]], dtype=np.float32)


WORKING_BYTES = 400 * 2**20


class Trouble:
    """Raises `error` from each call once it is set. It is not set during the warm-up."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def strike(self) -> None:
        if self.error is not None:
            raise self.error


class FakeDetector:
    """Finds one face in the middle of every picture; each call waits until the gate is open."""

    name = "fake-detector"
    working_bytes = WORKING_BYTES
    max_side = 4096

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.gate = threading.Event()
        self.gate.set()
        self.calls = 0

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        self.calls += 1
        assert self.gate.wait(30), "nobody opened the gate"
        self.trouble.strike()
        height, width = image.shape[:2]
        side = min(height, width) / 2
        corner = np.array([(width - side) / 2, (height - side) / 2], dtype=np.float32)
        box = np.concatenate([corner, corner + np.float32(side)])
        return [Face(box, corner + FACE_PARTS * np.float32(side), 0.9)]


class FakeRestorer:
    """Returns faces unchanged, or filled with the value `paint` (0 to 1)."""

    name = "fake-restorer"
    working_bytes = WORKING_BYTES
    batch_size = 4
    max_native_size = 4096.0

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.paint: float | None = None

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        self.trouble.strike()
        return [_checked(crop.image) if self.paint is None else np.full_like(crop.image, self.paint) for crop in crops]


def _checked(image: Image) -> Image:
    """The image with a faint chessboard, so that it counts as restored and keeps its mean colour."""
    rows, columns = np.indices(image.shape[:2])
    return np.clip(image + (((rows + columns) % 2)[..., None] - 0.5) * np.float32(4 / 255), 0, 1).astype(np.float32)


class FakeUpscaler:
    """Repeats pixels, `seconds` per tile. `room`: the pixels of a batch that fit into memory."""

    name = "fake-upscaler"
    working_bytes = WORKING_BYTES
    overlap = 8

    def __init__(self, scale: int, tile: int = 16) -> None:
        self.scale = scale
        self.tile = tile
        self.batch_size = 1
        self.room = math.inf
        self.seconds = 0.0
        self.tiles = 0
        self.trouble = Trouble()

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        self.tiles += len(tiles)
        self.trouble.strike()
        if sum(tile.shape[0] * tile.shape[1] for tile in tiles) > self.room:
            raise DeviceOutOfMemory("No room.")
        time.sleep(self.seconds * len(tiles))
        return [tile.repeat(self.scale, axis=0).repeat(self.scale, axis=1) for tile in tiles]


class FakeParser:
    """Marks every pixel of a crop as face."""

    name = "fake-parser"
    working_bytes = WORKING_BYTES
    batch_size = 4

    def __init__(self) -> None:
        self.trouble = Trouble()

    def parse(self, crops: Sequence[Image]) -> list[FloatArray]:
        self.trouble.strike()
        return [np.ones(crop.shape[:2], dtype=np.float32) for crop in crops]


class FakeRecogniser:
    """Sees a person by the brightness: the cosine similarity of a black face and a white one is 1 - `fall`."""

    name = "fake-recogniser"
    working_bytes = WORKING_BYTES

    def __init__(self) -> None:
        self.threshold = 0.4
        self.fall = 0.0
        self.trouble = Trouble()

    def embed(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
        self.trouble.strike()
        light = np.array([between(*face).mean() for face in zip(images, landmarks, strict=True)])
        cosine = np.clip(1 - self.fall * light, -1, 1)
        return np.stack([cosine, np.sqrt(1 - cosine**2)], axis=1).astype(np.float32)


class FakePerceptual:
    """Returns the distance 0.25; if `waits`, it runs until the check raises."""

    name = "fake-perceptual"
    working_bytes = WORKING_BYTES
    smallest_side = 1

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.waits = False
        self.at_work = threading.Event()

    def distance(self, first: Image, second: Image, check: Callable[[], None]) -> float:
        self.trouble.strike()
        if self.waits:
            self.at_work.set()
            while True:  # until the check raises
                check()
                time.sleep(0.01)
        return 0.25


class FakeModels:
    """A full set of fake models as attributes; a call returns them as `Models`."""

    working_bytes = WORKING_BYTES

    def __init__(self) -> None:
        self.detector = FakeDetector()
        self.restorer = FakeRestorer()
        self.upscaler = FakeUpscaler(2)
        self.parser = FakeParser()
        self.recogniser = FakeRecogniser()
        self.perceptual = FakePerceptual()

    def __call__(self) -> Models:
        upscalers = {2: self.upscaler, 4: FakeUpscaler(4, tile=256)}
        return Models(self.detector, self.restorer, upscalers, self.parser, self.recogniser, self.perceptual)
