"""`scrfd-10g`: insightface's detector, an ONNX file.

Guo et al., "Sample and computation redistribution for efficient face detection" (2021). Same results as insightface's
`SCRFD.detect` at 640×640.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.errors import ModelUnavailable, PipelineError, StageFailed
from pipeline.models.detectors.suppression import distinct_faces
from pipeline.models.runtime.onnx_network import OnnxNetwork
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import Face, FloatArray, Image

SIDE = 640  # pixels, of the network's square input
STRIDES = (8, 16, 32)
ANCHORS = 2  # at each place
MIN_SCORE = 0.5
NUMBERS = (1, 4, 10)  # for each anchor: score, distances to the box's edges, offsets of the landmarks


class ScrfdDetector:
    """Finds faces of an image enlarged or shrunk to a long side of 640 pixels.

    The file (`data`) has input (1, 3, 640, 640), or of any height and width, and nine outputs: scores, boxes and
    landmarks, each at strides 8, 16 and 32, with or without a batch axis. It is tried on a blank picture. Raises
    `ModelUnavailable` for any other file.
    """

    max_side = SIDE
    working_bytes = 32 * 2**20  # for its input; onnxruntime keeps what the trial on the blank picture took

    def __init__(self, name: str, data: bytes, runtime: Runtime) -> None:
        self.name = name
        self._network = OnnxNetwork(name, data, runtime)
        shape, wanted = self._network.input_shape, (1, 3, SIDE, SIDE)
        if len(shape) != 4 or any(side not in (None, length) for side, length in zip(shape, wanted, strict=True)):
            raise ModelUnavailable(f"{name}: a network is expected that takes {wanted}, not {shape}.", stage="models")
        expected = len(NUMBERS) * len(STRIDES)
        if self._network.outputs != expected:
            raise ModelUnavailable(
                f"{name}: a network with {expected} outputs is expected, not {self._network.outputs}.", stage="models"
            )
        try:
            self._faces(np.zeros((SIDE, SIDE, 3), dtype=np.float32))
        except PipelineError as error:
            raise ModelUnavailable(f"{name}: the network finds no faces: {error.message}", stage="models") from error

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        """Faces of `image` (H, W, 3), RGB in [0, 1], best first; calls `check` once, before.

        Raises `DeviceOutOfMemory` and `StageFailed`.
        """
        check()
        return self._faces(image)

    def _faces(self, image: Image) -> list[Face]:
        height, width = image.shape[:2]
        longer = max(height, width)
        size = max(1, width * SIDE // longer), max(1, height * SIDE // longer)
        outputs = self._network.run(_letterbox(image, size))
        levels = [self._candidates(outputs[level :: len(STRIDES)], stride) for level, stride in enumerate(STRIDES)]
        boxes, landmarks, scores = (np.concatenate(arrays) for arrays in zip(*levels, strict=True))
        # insightface divides both axes by the vertical scale. The two differ a little, because sides are rounded.
        factor = np.array([width / size[0], height / size[1]], dtype=np.float32)
        return distinct_faces((boxes * factor).reshape(-1, 4), landmarks * factor, scores, border=1.0)

    def _candidates(
        self, outputs: list[npt.NDArray[np.float32]], stride: int
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Corners (N, 2, 2), landmarks (N, 5, 2) and scores (N,) of the anchors of one level that see a face."""
        places = SIDE // stride
        shapes = [(places * places * ANCHORS, numbers) for numbers in NUMBERS]
        if any(output.size != rows * columns for output, (rows, columns) in zip(outputs, shapes, strict=True)):
            raise StageFailed(f"The detector {self.name} answered with shapes {[output.shape for output in outputs]}.")
        scores, distances, offsets = (output.reshape(shape) for output, shape in zip(outputs, shapes, strict=True))
        chosen = np.flatnonzero(scores[:, 0] >= MIN_SCORE)
        rows, columns = np.divmod(chosen // ANCHORS, places)
        centers = np.stack([columns, rows], axis=1)[:, None].astype(np.float32) * stride
        edges = distances[chosen].reshape(-1, 2, 2) * np.array([[-stride], [stride]], dtype=np.float32)
        landmarks = centers + offsets[chosen].reshape(-1, 5, 2) * np.float32(stride)
        return centers + edges, landmarks, scores[chosen, 0]


def _letterbox(image: Image, size: tuple[int, int]) -> FloatArray:
    """The image, resized to `size` (width, height), in the top-left corner of a black square: (1, 3, 640, 640)."""
    canvas = np.zeros((SIDE, SIDE, 3), dtype=np.float32)
    canvas[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(((canvas * 255 - 127.5) / 128).transpose(2, 0, 1)[None], dtype=np.float32)
