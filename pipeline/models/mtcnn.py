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
from torchvision.ops import nms, roi_align

from pipeline.errors import ModelUnavailable
from pipeline.models.mtcnn_network import (
    CELL,
    OUTPUT_SIDE,
    REFINE_SIDE,
    STRIDE,
    output_network,
    proposal_network,
    refine_network,
)
from pipeline.models.runtime import Runtime
from pipeline.models.suppression import distinct_faces, without_nested
from pipeline.types import Face, Image

SMALLEST_FACE = 20.0  # pixels, the side of the box
STEP = 0.709  # from one size of the image to the next: half the area
MARGIN = CELL // 2  # grey pixels around each size, so that faces half outside the image are proposed too
MIN_PROPOSED, MIN_REFINED, MIN_SCORE = 0.6, 0.7, 0.9
MAX_PROPOSED = 2000  # bounds what a picture full of texture costs
OVERLAP_OF_ONE_SIZE, OVERLAP = 0.5, 0.7  # over union; above it two boxes are one


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
        """Faces of `image` (H, W, 3), RGB in [0, 1], best first; `check` at each size. Raises `DeviceOutOfMemory`."""
        with self._runtime.inference():
            pixels = image * np.float32(2) - np.float32(1)
            boxes = self._proposed(pixels, check)
            whole = self._on_device(pixels)
            boxes = self._refined(whole, boxes)
            check()
            boxes, landmarks, scores = self._placed(whole, boxes)
            half = np.float32(0.5)  # from edges to centres
            return distinct_faces(boxes.numpy() - half, landmarks.numpy() - half, scores.numpy())

    def _proposed(self, pixels: Image, check: Callable[[], None]) -> torch.Tensor:
        """Square boxes (N, 4) that may hold a face, the likeliest first."""
        found = []
        for level, factor in _pyramid(pixels):
            check()
            padded = functional.pad(self._on_device(level), [MARGIN] * 4)
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

    def _refined(self, whole: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
        """Those of the square boxes (N, 4) in which the second network sees a face, where it sees it."""
        scores, offsets = (answer.cpu() for answer in self._refine(_crops(whole, boxes, REFINE_SIDE)))
        likely = scores > MIN_REFINED
        boxes, scores, offsets = boxes[likely], scores[likely], offsets[likely]
        kept = nms(boxes, scores, OVERLAP)
        return _squares(_moved(boxes[kept], offsets[kept]))

    def _placed(self, whole: torch.Tensor, boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Boxes (N, 4), landmarks (N, 5, 2) and scores (N,) of what the third network takes for a face."""
        scores, answers = (answer.cpu() for answer in self._output(_crops(whole, boxes, OUTPUT_SIDE)))
        sure = scores > MIN_SCORE
        boxes, scores, answers = boxes[sure], scores[sure], answers[sure]
        places = answers[:, 4:].reshape(-1, 2, 5).transpose(1, 2)
        landmarks = boxes[:, None, :2] + places * (boxes[:, 2:] - boxes[:, :2])[:, None]
        boxes = _moved(boxes, answers[:, :4])
        kept = without_nested(boxes, scores, OVERLAP)
        return boxes[kept], landmarks[kept], scores[kept]

    def _on_device(self, pixels: Image) -> torch.Tensor:
        """(H, W, 3) → (1, 3, H, W)."""
        batch = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None]
        return batch.to(self._runtime.device, memory_format=torch.channels_last)


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


def _crops(whole: torch.Tensor, boxes: torch.Tensor, side: int) -> torch.Tensor:
    """Boxes (N, 4) cut out of `whole` (1, 3, H, W), as (N, 3, side, side); area averages, grey outside."""
    regions = torch.cat([boxes.new_zeros(len(boxes), 1), boxes], dim=1).to(whole.device)
    crops: torch.Tensor = roi_align(whole, regions, side, aligned=True)
    return crops


def _moved(boxes: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Boxes (N, 4) whose edges are moved by `offsets` (N, 4), as parts of their sides."""
    return boxes + offsets * (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)


def _squares(boxes: torch.Tensor) -> torch.Tensor:
    """The smallest squares (N, 4) around the centres of boxes (N, 4) that hold them."""
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    halves = (boxes[:, 2:] - boxes[:, :2]).amax(dim=1, keepdim=True) / 2
    return torch.cat([centers - halves, centers + halves], dim=1)
