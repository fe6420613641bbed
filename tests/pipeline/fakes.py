"""Models that do what their docstring says, at once and always the same: for tests of the steps around them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from pipeline.errors import DeviceOutOfMemory
from pipeline.geometry import FFHQ_512_TEMPLATE
from pipeline.models.roles import Detector, Models, Recogniser, Restorer, Upscaler
from pipeline.types import CROP_SIZE, Crop, Face, FloatArray, Image, PlannedFace, Verdict

# The five landmarks as parts of a face's box.
PARTS: FloatArray = FFHQ_512_TEMPLATE / np.float32(CROP_SIZE)


def face_in(x0: float, y0: float, x1: float, y1: float, score: float = 0.9) -> Face:
    """An upright face that fills a box, its landmarks where the FFHQ crop has them."""
    box = np.array([x0, y0, x1, y1], dtype=np.float32)
    return Face(box, (box[:2] + PARTS * (box[2:] - box[:2])).astype(np.float32), score)


def planned(
    crop: Crop,
    restored: Image | None = None,
    *,
    index: int = 0,
    face: Face | None = None,
    strength: float = 1.0,
    verdict: Verdict | None = None,
    mask: FloatArray | None = None,
) -> PlannedFace:
    """A face on its way through the steps; its place in the photo matters only to the recogniser."""
    return PlannedFace(
        index=index,
        face=face or face_in(0, 0, 1, 1),
        crop=crop,
        strength=strength,
        verdict=verdict or Verdict("restored", strength),
        restored=crop.image if restored is None else restored,
        mask=mask,
    )


def unchanged(image: Image) -> Image:
    return image


@dataclass
class FixedDetector:
    """Finds what it was told, in the pixels of the picture it gets."""

    faces: Sequence[Face] = ()
    max_side: int = 4096
    name: str = "fixed-detector"
    working_bytes: int = 0

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        return list(self.faces)


@dataclass
class BrightDetector:
    """Takes every bright rectangle for a face, the largest first."""

    max_side: int = 4096
    name: str = "bright-detector"
    working_bytes: int = 0
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        self.sizes.append((image.shape[1], image.shape[0]))
        _, _, stats, _ = cv2.connectedComponentsWithStats((image.min(axis=2) > 0.5).astype(np.uint8))
        faces = [face_in(x, y, x + width - 1, y + height - 1) for x, y, width, height, _ in stats[1:]]
        return sorted(faces, key=lambda face: -float(np.prod(face.box[2:] - face.box[:2])))


class Struggling:
    """A model whose next calls may fail: `failures` holds the error, or None, of each."""

    failures: list[Exception | None]

    def struggle(self) -> None:
        error = self.failures.pop(0) if self.failures else None
        if error is not None:
            raise error


@dataclass
class FakeRestorer(Struggling):
    """Applies a function to each crop."""

    change: Callable[[Image], Image] = unchanged
    batch_size: int = 4
    max_native_size: float = 4096.0
    name: str = "fake-restorer"
    working_bytes: int = 0
    batches: list[int] = field(default_factory=list)
    failures: list[Exception | None] = field(default_factory=list)

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        self.batches.append(len(crops))
        self.struggle()
        return [self.change(crop.image) for crop in crops]


@dataclass
class FakeUpscaler(Struggling):
    """Repeats pixels, then applies a function to the enlarged tile. `room`: pixels that fit into memory at once."""

    scale: int = 2
    tile: int = 64
    overlap: int = 16
    change: Callable[[Image], Image] = unchanged
    name: str = "fake-upscaler"
    working_bytes: int = 0
    batch_size: int = 1
    room: float = math.inf
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    failures: list[Exception | None] = field(default_factory=list)

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        self.shapes.extend(tile.shape for tile in tiles)
        self.batches.append(len(tiles))
        self.struggle()
        if sum(tile.shape[0] * tile.shape[1] for tile in tiles) > self.room:
            raise DeviceOutOfMemory("No room.")
        return [self.enlarged(tile) for tile in tiles]

    def enlarged(self, tile: Image) -> Image:
        return self.change(tile.repeat(self.scale, axis=0).repeat(self.scale, axis=1))


@dataclass
class FakeParser(Struggling):
    """Calls an upright rectangle of the crop face, by default all of it."""

    rows: tuple[int, int] = (0, CROP_SIZE)
    columns: tuple[int, int] = (0, CROP_SIZE)
    batch_size: int = 4
    name: str = "fake-parser"
    working_bytes: int = 0
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    failures: list[Exception | None] = field(default_factory=list)

    def parse(self, crops: Sequence[Image]) -> list[FloatArray]:
        self.shapes.extend(crop.shape for crop in crops)
        self.batches.append(len(crops))
        self.struggle()
        return [self.mask() for _ in crops]

    def mask(self) -> FloatArray:
        mask = np.zeros((CROP_SIZE, CROP_SIZE), dtype=np.float32)
        mask[slice(*self.rows), slice(*self.columns)] = 1
        return mask


def between(image: Image, landmarks: FloatArray) -> Image:
    """The part of an image that lies between its landmarks (5, 2)."""
    (left, top), (right, bottom) = (
        np.floor(landmarks.min(axis=0)).astype(int),
        np.ceil(landmarks.max(axis=0)).astype(int),
    )
    return image[max(0, top) : bottom + 1, max(0, left) : right + 1]


RED_SHIFT = np.float32(0.5)


def with_less_red(image: Image) -> Image:
    """The restoration that `RedRecogniser` minds."""
    changed = image.copy()
    changed[..., 0] -= RED_SHIFT
    return changed


@dataclass
class RedRecogniser:
    """Knows a grey face again by what red it lost: similarity 1 − fall · strength after `with_less_red`."""

    fall: float = 0.5
    name: str = "red-recogniser"
    working_bytes: int = 0
    threshold: float = 0.4
    embedded: list[int] = field(default_factory=list)
    landmarks: list[FloatArray] = field(default_factory=list)

    def embed(self, images: Sequence[Image], landmarks: Sequence[FloatArray]) -> FloatArray:
        self.embedded.append(len(images))
        self.landmarks.extend(landmarks)
        faces = [between(image, points) for image, points in zip(images, landmarks, strict=True)]
        lost = np.array([float((face[..., 1] - face[..., 0]).mean()) for face in faces])
        cosine = 1 - self.fall * lost / float(RED_SHIFT)
        return np.stack([cosine, np.sqrt(np.clip(1 - cosine**2, 0, 1))], axis=1).astype(np.float32)


def fake_models(
    detector: Detector | None = None,
    restorer: Restorer | None = None,
    upscalers: Sequence[Upscaler] | None = None,
    recogniser: Recogniser | None = None,
) -> Models:
    """A full set of fakes, without parser and perceptual model."""
    chosen = [FakeUpscaler(2), FakeUpscaler(4)] if upscalers is None else upscalers
    return Models(
        detector=detector or FixedDetector(),
        restorer=restorer or FakeRestorer(),
        upscalers={upscaler.scale: upscaler for upscaler in chosen},
        recogniser=recogniser,
    )


def shifted(face: Face, x: float, y: float) -> Face:
    """The same face elsewhere."""
    step = np.array([x, y], dtype=np.float32)
    return replace(face, box=face.box + np.tile(step, 2), landmarks=face.landmarks + step)
