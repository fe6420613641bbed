"""`haar-frontal`: OpenCV's frontal face cascade with its eye cascades, for when no network is installed.

Viola and Jones, "Rapid object detection using a boosted cascade of simple features" (2001). The cascades are
the files in OpenCV 4's own wheel.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.errors import ModelUnavailable
from pipeline.geometry import Matrix, invert, transform_points
from pipeline.types import Face, FloatArray, Image

Grey = npt.NDArray[np.uint8]

# Where the five landmarks lie in a box that the cascade finds, as parts of its side: the mean over the faces
# of insightface's t1.jpg, scikit-image's astronaut and matplotlib's grace_hopper.jpg against RetinaFace.
BOX_LANDMARKS: FloatArray = np.array(
    [[0.31, 0.385], [0.69, 0.385], [0.50, 0.65], [0.34, 0.78], [0.66, 0.78]], dtype=np.float32
)

ANGLES = (0.0, 20.0, -20.0)  # the cascade knows upright faces only: look again at a tilted photo,
TURNED_SCALE = 0.7  # and, for half the time, at a smaller one
SCALE_STEP = 1.1
MIN_NEIGHBOURS = 5
MIN_SIDE = 24  # pixels; smaller boxes are mostly noise
MIN_SUPPORT = 16  # see `_Candidate.support`
EYE_WINDOW = (0.15, 0.60)  # rows of the box, as parts of its side, where an eye can be
EYE_SIDE = 60  # pixels that half a face is enlarged to before eyes are looked for


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A box (x, y, side) in the turned photo, with what speaks for it."""

    x: float
    y: float
    side: float
    neighbours: int
    eyes: tuple[FloatArray | None, FloatArray | None]
    to_photo: Matrix

    @property
    def support(self) -> int:
        """Neighbouring hits of the cascade, counted again for each eye seen: false boxes have few and no eyes."""
        return self.neighbours * (1 + sum(eye is not None for eye in self.eyes))

    def landmarks(self) -> FloatArray:
        """The five landmarks in the photo: eyes as seen, the rest of the face placed by them and the box."""
        points = BOX_LANDMARKS * np.float32(self.side) + np.array([self.x, self.y], dtype=np.float32)
        left, right = self.eyes
        if left is not None and right is not None:
            moved = _turned(points, left, right)
            points = points if moved is None else moved
        elif left is not None:
            points = points + (left - points[0])
        elif right is not None:
            points = points + (right - points[1])
        return transform_points(points, self.to_photo)

    @property
    def photo_side(self) -> float:
        """The box's side in the photo."""
        return self.side * float(np.hypot(self.to_photo[0, 0], self.to_photo[1, 0]))

    def center(self) -> FloatArray:
        """The box's centre in the photo."""
        middle = np.array([[self.x + self.side / 2, self.y + self.side / 2]], dtype=np.float32)
        return transform_points(middle, self.to_photo).reshape(2)


class HaarDetector:
    """Finds frontal faces, tilted up to some 25 degrees, whose eyes can mostly be seen."""

    name = "haar-frontal"
    max_side = 960

    def __init__(self) -> None:
        self._faces = _cascade("haarcascade_frontalface_alt2.xml")
        self._eyes = [_cascade("haarcascade_eye.xml"), _cascade("haarcascade_eye_tree_eyeglasses.xml")]
        self._lock = threading.Lock()  # a cascade keeps its scratch memory in itself: one call at a time

    def detect(self, image: Image) -> list[Face]:
        """Faces of `image` (H, W, 3), best first. Nose and mouth are estimated, and marked so."""
        grey = np.asarray(cv2.cvtColor((image * 255 + 0.5).astype(np.uint8), cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        with self._lock:
            candidates = [found for angle in ANGLES for found in self._search(grey, angle)]
        kept: list[_Candidate] = []
        for candidate in sorted(candidates, key=_order):
            apart = (
                np.linalg.norm(candidate.center() - k.center()) > max(candidate.photo_side, k.photo_side) / 2
                for k in kept
            )
            if candidate.support >= MIN_SUPPORT and all(apart):
                kept.append(candidate)
        return [_face(candidate) for candidate in kept]

    def _search(self, grey: Grey, angle: float) -> list[_Candidate]:
        turned, to_photo = _turn(grey, angle)
        boxes, counts = self._faces.detectMultiScale2(
            cv2.equalizeHist(turned), SCALE_STEP, MIN_NEIGHBOURS, minSize=(MIN_SIDE, MIN_SIDE)
        )
        candidates = []
        for (x, y, side, _), count in zip(boxes, counts, strict=True):
            if 3 * count < MIN_SUPPORT:  # not even with both eyes: do not look for them
                continue
            eyes = (self._eye(turned, x, y, side, right=False), self._eye(turned, x, y, side, right=True))
            candidates.append(_Candidate(float(x), float(y), float(side), int(count), eyes, to_photo))
        return candidates

    def _eye(self, grey: Grey, x: int, y: int, side: int, *, right: bool) -> FloatArray | None:
        """The eye's centre in one half of the box, in pixels of `grey`; the median of all that was found."""
        left_edge = max(0, x + (int(0.45 * side) if right else 0))
        top = max(0, y + int(EYE_WINDOW[0] * side))
        window = grey[top : y + int(EYE_WINDOW[1] * side), left_edge : left_edge + int(0.55 * side)]
        if window.size == 0:
            return None
        zoom = max(1.0, 2 * EYE_SIDE / side)
        window = np.asarray(cv2.resize(window, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
        smallest, largest = int(0.15 * side * zoom), int(0.45 * side * zoom)
        found = [
            (ex + width / 2, ey + height / 2)
            for cascade in self._eyes
            for ex, ey, width, height in cascade.detectMultiScale(
                window, 1.05, 3, minSize=(smallest, smallest), maxSize=(largest, largest)
            )
        ]
        if not found:
            return None
        return np.asarray(np.median(np.array(found), axis=0) / zoom + (left_edge, top), dtype=np.float32)


def _order(candidate: _Candidate) -> tuple[float, ...]:
    """Best first, and always the same way: OpenCV's threads finish in any order."""
    return (-candidate.support, candidate.photo_side, *candidate.center().tolist())


def _cascade(file: str) -> cv2.CascadeClassifier:
    path = Path(cv2.__file__).parent / "data" / file
    cascade = cv2.CascadeClassifier(str(path))
    if cascade.empty():
        raise ModelUnavailable(f"haar-frontal: OpenCV has no {path}.", stage="models")
    return cascade


def _turn(grey: Grey, angle: float) -> tuple[Grey, Matrix]:
    """The photo turned by `angle` degrees on a canvas that holds all of it, and the way back."""
    height, width = grey.shape
    if angle == 0:
        return grey, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    matrix = np.array(
        cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, TURNED_SCALE), dtype=np.float64
    )
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (max(1, int(height * sin + width * cos)), max(1, int(height * cos + width * sin)))
    matrix[:, 2] += ((size[0] - width) / 2, (size[1] - height) / 2)
    return np.asarray(cv2.warpAffine(grey, matrix, size), dtype=np.uint8), invert(matrix)


def _turned(points: FloatArray, left: FloatArray, right: FloatArray) -> FloatArray | None:
    """`points` moved by the similarity that puts their two eyes on those seen; None if it is not believable."""
    source, target = complex(*(points[1] - points[0])), complex(*(right - left))
    turn = target / source
    if not 0.7 < abs(turn) < 1.4 or abs(np.angle(turn)) > np.radians(25):
        return None
    offsets = (points - points[0]) @ np.array([[turn.real, turn.imag], [-turn.imag, turn.real]])
    return np.asarray(offsets + left, dtype=np.float32)


def _face(candidate: _Candidate) -> Face:
    center, half = candidate.center(), candidate.photo_side / 2
    box = np.array([*(center - half), *(center + half)], dtype=np.float32)
    score = candidate.support / (candidate.support + MIN_SUPPORT)
    return Face(box, candidate.landmarks(), score, landmarks_estimated=True)
