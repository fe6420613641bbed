"""`mtcnn`: the embedded detector, a cascade of three small networks.

Zhang et al., "Joint face detection and alignment using multitask cascaded convolutional networks" (2016). Boxes here
count pixel edges, (0, 0, width, height) being the whole image; faces leave in pixel centres, as everywhere else.
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
STEP = 0.709  # from one size of the image to the next: half the area
MARGIN = CELL // 2  # grey pixels around each size, so that faces half outside the image are proposed too
MIN_PROPOSED, MIN_REFINED, MIN_SCORE = 0.6, 0.7, 0.9
MAX_PROPOSED = 2000  # bounds the time that a picture full of texture costs
CROPS_AT_ONCE = 64  # bounds memory: 35 MB in the third network; between them the run may end
OVERLAP_OF_ONE_SIZE, OVERLAP = 0.5, 0.7  # over union; above it two boxes are one
# A face counts as turned where the odds of the turned crop are so many times those of the crop as it is. Measured on
# portraits: of 800 upright and 200 tilted by 20 degrees none is taken for turned; of those turned by 90 to 270 degrees
# and found all the same, 216 of 236 are.
TURNED_ODDS = 7.4
LEAST_DOUBT = 1e-7  # a probability in float32 may be exactly 1


class MtcnnDetector:
    """Finds faces from 20 pixels up to the whole picture, with their landmarks.

    Always computes in float32: a score near its threshold must not depend on the processor.
    """

    max_side = 1280

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        self._runtime = runtime
        self._propose, self._refine, self._output = _networks(name, state_dict, runtime)

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        """Faces of `image` (H, W, 3), RGB in [0, 1], best first. Raises `DeviceOutOfMemory`.

        Calls `check` at each size of the image and before each batch of crops.
        """
        with self._runtime.inference():
            pixels = image * np.float32(2) - np.float32(1)
            boxes = self._proposed(pixels, check)
            boxes = self._refined(pixels, boxes, check)
            boxes, landmarks, scores = self._placed(pixels, boxes, check)
            half = np.float32(0.5)  # from edges to centres
            return distinct_faces(boxes.numpy() - half, landmarks.numpy() - half, scores.numpy())

    def _proposed(self, pixels: Image, check: Callable[[], None]) -> torch.Tensor:
        """Square boxes (N, 4) that may hold a face, the likeliest first."""
        found = []
        for level, factor in _pyramid(pixels):
            check()
            padded = functional.pad(self._on_device(level[None]), [MARGIN] * 4)
            scores, offsets = (answer[0].cpu() for answer in self._propose(padded))
            rows, columns = torch.nonzero(scores > MIN_PROPOSED, as_tuple=True)
            corners = torch.stack([columns, rows], dim=1) * STRIDE - MARGIN
            boxes = torch.cat([corners, corners + CELL], dim=1) * factor.repeat(2)
            scores = scores[rows, columns]
            kept = nms(boxes, scores, OVERLAP_OF_ONE_SIZE)
            found.append((boxes[kept], scores[kept], offsets[:, rows, columns].T[kept]))
        if not found:
            return torch.empty(0, 4)
        boxes, scores, offsets = (torch.cat(answers) for answers in zip(*found, strict=True))
        kept = nms(boxes, scores, OVERLAP)[:MAX_PROPOSED]
        return _squares(_moved(boxes[kept], offsets[kept]))

    def _refined(self, pixels: Image, boxes: torch.Tensor, check: Callable[[], None]) -> torch.Tensor:
        """Those of the square boxes (N, 4) in which the second network sees a face, where it sees it."""
        scores, offsets = self._answers(self._refine, _crops(pixels, boxes, REFINE_SIDE), check)
        likely = scores > MIN_REFINED
        boxes, scores, offsets = boxes[likely], scores[likely], offsets[likely]
        kept = nms(boxes, scores, OVERLAP)
        return _squares(_moved(boxes[kept], offsets[kept]))

    def _placed(
        self, pixels: Image, boxes: torch.Tensor, check: Callable[[], None]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Boxes (N, 4), landmarks (N, 5, 2) and scores (N,) of what the third network takes for a face."""
        crops = _crops(pixels, boxes, OUTPUT_SIDE)
        scores, points = self._points(crops, check)
        sure = scores > MIN_SCORE
        crops, scores, points, boxes = crops[sure], scores[sure], points[sure], boxes[torch.from_numpy(sure)]
        faces, _ = _in_image(points, boxes)
        kept = without_nested(faces, torch.from_numpy(scores), OVERLAP)
        points = self._upright(crops[kept.numpy()], scores[kept.numpy()], points[kept.numpy()], check)
        return *_in_image(points, boxes[kept]), torch.from_numpy(scores)[kept]

    def _points(self, crops: FloatArray, check: Callable[[], None]) -> tuple[FloatArray, FloatArray]:
        """For each crop a score and, as parts of its sides, 7 points (x, y): two corners of a box, 5 landmarks."""
        scores, answers = (answer.numpy() for answer in self._answers(self._output, crops, check))
        corners = answers[:, :4].reshape(-1, 2, 2) + np.array([[0], [1]], dtype=np.float32)
        return scores, np.concatenate([corners, answers[:, 4:].reshape(-1, 2, 5).swapaxes(1, 2)], axis=1)

    def _upright(
        self, crops: FloatArray, scores: FloatArray, points: FloatArray, check: Callable[[], None]
    ) -> FloatArray:
        """The points of faces, each as the network sees it with the crop turned to have it upright.

        The cascade takes a third of the faces that lie on their side or stand on their head for upright ones, and
        places their landmarks so.
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
        """What the second or third network says to crops (N, side, side, 3)."""
        answers = []
        for start in range(0, max(1, len(crops)), CROPS_AT_ONCE):
            check()
            batch = self._on_device(crops[start : start + CROPS_AT_ONCE])
            answers.append([answer.cpu() for answer in network(batch)])
        scores, numbers = zip(*answers, strict=True)
        return torch.cat(scores), torch.cat(numbers)

    def _on_device(self, images: FloatArray) -> torch.Tensor:
        """(N, H, W, 3) → (N, 3, H, W), channels last in memory."""
        return torch.from_numpy(images).permute(0, 3, 1, 2).to(self._runtime.device)


def _networks(name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> Iterator[torch.nn.Module]:
    """The three networks with these weights. Raises `ModelUnavailable` for others."""
    makers = {"pnet": proposal_network, "rnet": refine_network, "onet": output_network}
    if any(str(key).partition(".")[0] not in makers for key in state_dict):
        raise ModelUnavailable(f"{name}: the file holds more than MTCNN's three networks.", stage="models")
    for prefix, make in makers.items():
        own = {key.removeprefix(f"{prefix}."): t for key, t in state_dict.items() if key.startswith(f"{prefix}.")}
        with torch.device("meta"):  # no random weights are drawn only to be replaced
            network = make()
        try:
            network.load_state_dict(own, strict=True, assign=True)
        except Exception as error:  # torch: RuntimeError for wrong names and shapes, others for what is no tensor
            raise ModelUnavailable(f"{name}: the file holds no whole MTCNN.", stage="models") from error
        yield runtime.prepare(network, torch.float32)


def _pyramid(pixels: Image) -> Iterator[tuple[Image, torch.Tensor]]:
    """The image in ever smaller sizes, and how many of its pixels (x, y) one of theirs is.

    In the first, the smallest face fills a cell of the proposal network; in the last, the whole image does.
    """
    height, width = pixels.shape[:2]
    scale, level = CELL / SMALLEST_FACE, pixels
    while max(height, width) * scale >= CELL / 2:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        level = np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
        yield level, torch.tensor([width / size[0], height / size[1]])
        scale *= STEP


def _crops(pixels: Image, boxes: torch.Tensor, side: int) -> FloatArray:
    """Boxes (N, 4) of whole pixels cut out of `pixels` (H, W, 3), as (N, side, side, 3); grey outside."""
    height, width = pixels.shape[:2]
    crops = np.zeros((len(boxes), side, side, 3), dtype=np.float32)
    for crop, (x0, y0, x1, y1) in zip(crops, boxes.int().tolist(), strict=True):
        left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
        # Nothing of the photo, or so much beside it that it holds no face and would cost memory.
        if left >= right or top >= bottom or x1 - x0 > 2 * max(height, width):
            continue
        margins = top - y0, y1 - bottom, left - x0, x1 - right
        piece = cv2.copyMakeBorder(pixels[top:bottom, left:right], *margins, cv2.BORDER_CONSTANT, value=(0, 0, 0))
        cv2.resize(piece, (side, side), dst=crop, interpolation=cv2.INTER_AREA)
    return crops


def _moved(boxes: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Boxes (N, 4) whose edges are moved by `offsets` (N, 4), as parts of their sides."""
    return boxes + offsets * (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)


def _in_image(points: FloatArray, boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes (N, 4) and landmarks (N, 5, 2) of `points` (N, 7, 2), which are parts of the sides of `boxes` (N, 4)."""
    placed = boxes[:, None, :2] + torch.from_numpy(points) * (boxes[:, 2:] - boxes[:, :2])[:, None]
    corners = placed[:, :2]
    return torch.cat([corners.amin(dim=1), corners.amax(dim=1)], dim=1), placed[:, 2:]


def _squares(boxes: torch.Tensor) -> torch.Tensor:
    """Squares (N, 4) of whole pixels with the centres of boxes (N, 4), as large as their longer side."""
    sides = (boxes[:, 2:] - boxes[:, :2]).amax(dim=1, keepdim=True).round().clamp(min=1)
    corners = ((boxes[:, :2] + boxes[:, 2:] - sides) / 2).round()
    return torch.cat([corners, corners + sides], dim=1)
