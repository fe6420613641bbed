"""`mtcnn`: the embedded detector, a cascade of three small networks.

Zhang et al., "Joint face detection and alignment using multitask cascaded convolutional networks" (2016). Coordinates
here are pixel edges: the whole image is (0, 0, width, height). `detect` returns pixel centres, as all detectors do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cv2
import numpy as np
import torch
from torch.nn import functional
from torchvision.ops import nms

from pipeline.errors import ModelUnavailable
from pipeline.geometry import turned_back
from pipeline.models.detectors.mtcnn_network import (
    CELL,
    OUTPUT_SIDE,
    REFINE_SIDE,
    STRIDE,
    output_network,
    proposal_network,
    refine_network,
)
from pipeline.models.detectors.suppression import distinct_faces, without_nested
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import Face, FloatArray, Image

SMALLEST_FACE = 20.0  # pixels, the side of the box
STEP = 0.709  # ratio of one pyramid level to the one before: half the area
MARGIN = CELL // 2  # grey pixels around each level, so that faces half outside the image are proposed too
MIN_PROPOSED, MIN_REFINED, MIN_SCORE = 0.6, 0.7, 0.9
MAX_PROPOSED = 2000  # limits the time for pictures full of texture
CROPS_AT_ONCE = 64  # limits memory to 35 MB in the third network; the run may stop between batches
OVERLAP_IN_LEVEL, OVERLAP = 0.5, 0.7  # intersection over union above which two boxes count as one
# A face counts as turned if the odds of the turned crop are more than so many times those of the crop itself. Measured
# on portraits: none of 800 upright ones and 200 tilted by 20 degrees counts as turned; of 236 that were turned by 90 to
# 270 degrees and detected, 216 do.
TURNED_ODDS = 7.4
LEAST_DOUBT = 1e-7  # replaces 1 - probability where that is 0 in float32


class MtcnnDetector:
    """Finds faces from 20 pixels up to the whole picture, with their landmarks.

    Always computes in float32: whether a score is above its threshold must not depend on the processor.
    """

    max_side = 1280
    working_bytes = 130 * 2**20  # measured at 1280 × 1280 pixels by `bench.model_memory`

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        self._runtime = runtime
        self._propose, self._refine, self._output = _networks(name, state_dict, runtime)

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        """Faces of `image` (H, W, 3), RGB in [0, 1], best first. Raises `DeviceOutOfMemory`.

        Calls `check` at each pyramid level and before each batch of crops.
        """
        with self._runtime.inference():
            pixels = image * np.float32(2) - np.float32(1)
            boxes = self._proposed(pixels, check)
            boxes = self._refined(pixels, boxes, check)
            boxes, landmarks, scores = self._placed(pixels, boxes, check)
            half = np.float32(0.5)  # from edges to centres
            return distinct_faces(boxes.numpy() - half, landmarks.numpy() - half, scores.numpy())

    def _proposed(self, pixels: Image, check: Callable[[], None]) -> torch.Tensor:
        """Square boxes (N, 4) in which P-Net sees a face, best score first."""
        found = []
        for level, factor in _pyramid(pixels):
            check()
            padded = functional.pad(self._on_device(level[None]), [MARGIN] * 4)
            scores, offsets = (answer[0].cpu() for answer in self._propose(padded))
            rows, columns = torch.nonzero(scores > MIN_PROPOSED, as_tuple=True)
            corners = torch.stack([columns, rows], dim=1) * STRIDE - MARGIN
            boxes = torch.cat([corners, corners + CELL], dim=1) * factor.repeat(2)
            scores = scores[rows, columns]
            kept = nms(boxes, scores, OVERLAP_IN_LEVEL)
            found.append((boxes[kept], scores[kept], offsets[:, rows, columns].T[kept]))
        if not found:
            return torch.empty(0, 4)
        boxes, scores, offsets = (torch.cat(answers) for answers in zip(*found, strict=True))
        kept = nms(boxes, scores, OVERLAP)[:MAX_PROPOSED]
        return _squares(_moved(boxes[kept], offsets[kept]))

    def _refined(self, pixels: Image, boxes: torch.Tensor, check: Callable[[], None]) -> torch.Tensor:
        """The square boxes (N, 4) in which R-Net sees a face, moved to where it sees it."""
        scores, offsets = self._answers(self._refine, _crops(pixels, boxes, REFINE_SIDE), check)
        likely = scores > MIN_REFINED
        boxes, scores, offsets = boxes[likely], scores[likely], offsets[likely]
        kept = nms(boxes, scores, OVERLAP)
        return _squares(_moved(boxes[kept], offsets[kept]))

    def _placed(
        self, pixels: Image, boxes: torch.Tensor, check: Callable[[], None]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Boxes (N, 4), landmarks (N, 5, 2) and scores (N,) of the faces that O-Net sees."""
        crops = _crops(pixels, boxes, OUTPUT_SIDE)
        scores, points = self._points(crops, check)
        sure = scores > MIN_SCORE
        crops, scores, points, boxes = crops[sure], scores[sure], points[sure], boxes[torch.from_numpy(sure)]
        faces, _ = _in_image(points, boxes)
        kept = without_nested(faces, torch.from_numpy(scores), OVERLAP)
        points = self._upright(crops[kept.numpy()], scores[kept.numpy()], points[kept.numpy()], check)
        return *_in_image(points, boxes[kept]), torch.from_numpy(scores)[kept]

    def _points(self, crops: FloatArray, check: Callable[[], None]) -> tuple[FloatArray, FloatArray]:
        """Scores (N,) and points (N, 7, 2) for crops (N, 48, 48, 3): two box corners and 5 landmarks.

        Points are (x, y) in units of the crop's side.
        """
        scores, answers = (answer.numpy() for answer in self._answers(self._output, crops, check))
        corners = answers[:, :4].reshape(-1, 2, 2) + np.array([[0], [1]], dtype=np.float32)
        return scores, np.concatenate([corners, answers[:, 4:].reshape(-1, 2, 5).swapaxes(1, 2)], axis=1)

    def _upright(
        self, crops: FloatArray, scores: FloatArray, points: FloatArray, check: Callable[[], None]
    ) -> FloatArray:
        """The points (N, 7, 2) of faces, taken from the quarter turn of the crop in which the face is upright.

        The cascade also detects a third of the faces that are turned by 90 to 270 degrees, but places their landmarks
        as if they were upright.
        """
        all_scores, all_points = [scores], [points]
        for quarters in (1, 2, 3):
            scores, points = self._points(np.ascontiguousarray(np.rot90(crops, quarters, axes=(1, 2))), check)
            all_scores.append(scores)
            all_points.append(turned_back(points, quarters, 1.0, 1.0))
        odds = np.array(all_scores, dtype=np.float64)
        odds /= np.maximum(1 - odds, LEAST_DOUBT)
        odds[0] *= TURNED_ODDS
        upright: FloatArray = np.array(all_points)[odds.argmax(axis=0), np.arange(len(crops))]
        return upright

    def _answers(
        self, network: torch.nn.Module, crops: FloatArray, check: Callable[[], None]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Probabilities (N,) and other numbers (N, K) from R-Net or O-Net for crops (N, side, side, 3)."""
        answers = []
        for start in range(0, max(1, len(crops)), CROPS_AT_ONCE):
            check()
            batch = self._on_device(crops[start : start + CROPS_AT_ONCE])
            answers.append([answer.cpu() for answer in network(batch)])
        scores, numbers = zip(*answers, strict=True)
        return torch.cat(scores), torch.cat(numbers)

    def _on_device(self, images: FloatArray) -> torch.Tensor:
        """(N, H, W, 3) → (N, 3, H, W), channels-last, on the device."""
        return torch.from_numpy(images).permute(0, 3, 1, 2).to(self._runtime.device)


def _networks(name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> Iterator[torch.nn.Module]:
    """The three networks with these weights. Raises `ModelUnavailable` for any other weights."""
    makers = {"pnet": proposal_network, "rnet": refine_network, "onet": output_network}
    if any(str(key).partition(".")[0] not in makers for key in state_dict):
        raise ModelUnavailable(f"{name}: the file holds more than MTCNN's three networks.", stage="models")
    for prefix, make in makers.items():
        own = {key.removeprefix(f"{prefix}."): t for key, t in state_dict.items() if key.startswith(f"{prefix}.")}
        with torch.device("meta"):  # skips the random initial weights
            network = make()
        try:
            network.load_state_dict(own, strict=True, assign=True)
        except Exception as error:  # RuntimeError for wrong names and shapes, others for values that are no tensors
            raise ModelUnavailable(f"{name}: the file holds no whole MTCNN.", stage="models") from error
        yield runtime.prepare(network, torch.float32)


def _pyramid(pixels: Image) -> Iterator[tuple[Image, torch.Tensor]]:
    """The image pyramid: levels (h, w, 3), each with the size (x, y) of its pixels in pixels of the image.

    In the first level the smallest face fills a cell of P-Net, in the last one the whole image does.
    """
    height, width = pixels.shape[:2]
    scale, level = CELL / SMALLEST_FACE, pixels
    while max(height, width) * scale >= CELL / 2:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        level = np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
        yield level, torch.tensor([width / size[0], height / size[1]])
        scale *= STEP


def _crops(pixels: Image, boxes: torch.Tensor, side: int) -> FloatArray:
    """Boxes (N, 4) of whole pixels, cropped from `pixels` (H, W, 3) to (N, side, side, 3); grey outside the image."""
    height, width = pixels.shape[:2]
    crops = np.zeros((len(boxes), side, side, 3), dtype=np.float32)
    for crop, (x0, y0, x1, y1) in zip(crops, boxes.int().tolist(), strict=True):
        left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
        # Boxes outside the image, and boxes so large that they can hold no face but would take much memory.
        if left >= right or top >= bottom or x1 - x0 > 2 * max(height, width):
            continue
        margins = top - y0, y1 - bottom, left - x0, x1 - right
        piece = cv2.copyMakeBorder(pixels[top:bottom, left:right], *margins, cv2.BORDER_CONSTANT, value=(0, 0, 0))
        cv2.resize(piece, (side, side), dst=crop, interpolation=cv2.INTER_AREA)
    return crops


def _moved(boxes: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Boxes (N, 4) whose edges are moved by `offsets` (N, 4), in units of the boxes' sides."""
    return boxes + offsets * (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)


def _in_image(points: FloatArray, boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes (N, 4) and landmarks (N, 5, 2) in pixels; `points` (N, 7, 2) are in units of `boxes`' (N, 4) sides."""
    placed = boxes[:, None, :2] + torch.from_numpy(points) * (boxes[:, 2:] - boxes[:, :2])[:, None]
    corners = placed[:, :2]
    return torch.cat([corners.amin(dim=1), corners.amax(dim=1)], dim=1), placed[:, 2:]


def _squares(boxes: torch.Tensor) -> torch.Tensor:
    """Squares (N, 4) of whole pixels, with the centre and the longer side of each of `boxes` (N, 4)."""
    sides = (boxes[:, 2:] - boxes[:, :2]).amax(dim=1, keepdim=True).round().clamp(min=1)
    corners = ((boxes[:, :2] + boxes[:, 2:] - sides) / 2).round()
    return torch.cat([corners, corners + sides], dim=1)
