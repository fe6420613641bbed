"""Models that wait, fail or take their time on demand, and do nothing else."""

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
    """Raises `error`, once it is set; before that, as during the warm-up, nothing."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def strike(self) -> None:
        if self.error is not None:
            raise self.error


class FakeDetector:
    """Sees one face in the middle of every picture, and sees it only while the gate is open."""

    name = "fake-detector"
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
    """Leaves faces as they are, or paints them over with one value."""

    name = "fake-restorer"
    working_bytes = WORKING_BYTES
    batch_size = 4
    max_native_size = 4096.0

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.paint: float | None = None

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        self.trouble.strike()
        return [crop.image if self.paint is None else np.full_like(crop.image, self.paint) for crop in crops]


class FakeUpscaler:
    """Repeats pixels, in small tiles that take `seconds` each. `room`: pixels that fit into memory at once."""

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
    """Takes all of a crop for face."""

    name = "fake-parser"
    batch_size = 4

    def __init__(self) -> None:
        self.trouble = Trouble()

    def parse(self, crops: Sequence[Image]) -> list[FloatArray]:
        self.trouble.strike()
        return [np.ones(crop.shape[:2], dtype=np.float32) for crop in crops]


class FakeRecogniser:
    """Knows dark faces, and minds the paint: the similarity falls by `fall` from a black face to a white one."""

    name = "fake-recogniser"

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
    """Finds any two pictures 0.25 apart."""

    name = "fake-perceptual"
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
    """A full set, each of them within reach."""

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
