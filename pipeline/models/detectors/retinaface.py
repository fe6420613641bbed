"""`retinaface-resnet50` and `retinaface-mobilenet0.25`: the detectors of GFPGAN and facexlib.

Deng et al., "RetinaFace: Single-stage dense face localisation in the wild" (2019). Same results as facexlib's
`RetinaFace.detect_faces` with GFPGAN's threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from pipeline.errors import ModelUnavailable
from pipeline.geometry import bounded_size, resize
from pipeline.models.detectors.retinaface_backbone import backbone_of
from pipeline.models.detectors.retinaface_network import STRIDES, RetinaFaceNetwork, fold_batch_norms
from pipeline.models.detectors.suppression import distinct_faces
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import Face, FloatArray, Image

MEAN_BGR = np.array([104, 117, 123], dtype=np.float32)  # of 0 … 255
MIN_SCORE = 0.97
ANCHOR_SIDES = ((16, 32), (64, 128), (256, 512))  # pixels, for each stride
CENTER_VARIANCE, SIZE_VARIANCE = 0.1, 0.2  # scales of the network's box and landmark outputs

# Pixels. Measured with the MobileNet weights on 8 faces at many sizes: landmarks are off by 4 % of the eye distance on
# faces of 96 to 256 px and by 15 % at 640 px; of faces that fill a picture of 1280 px only one of the 8 is found.
LARGEST_FACE = 256
SMALLEST_LEVEL = 320  # long side in pixels; a face that fills it is hardly larger than `LARGEST_FACE`


class RetinaFaceDetector:
    """Finds faces from some 20 pixels up to the whole picture, with their landmarks.

    It detects on an image pyramid: at the picture's own size, at half of it, and so on; each level contributes the
    faces that are not too large in it. Without the smaller levels (facexlib has none) close-ups are missed.

    Always computes in float32: in bfloat16 another anchor of a face may have the best score, which moved landmarks by
    up to 6 px on a 512 px photo, and the gain was only 10 ms of 43 (MobileNet, 1280 px).
    """

    # Pixels. Measured on photos of 3840 and 5120 px (t1.jpg tiled) with 54 and 96 small faces: 13 and 0 are found at
    # 640 px, 48 and 43 at 960, 54 and 84 at 1280.
    max_side = 1280
    working_bytes = 560 * 2**20  # measured at 1280 × 1280 pixels with ResNet-50 by `bench.model_memory`

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        self._runtime = runtime
        self._network = runtime.prepare(_network(name, state_dict), torch.float32)

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        """Faces of `image` (H, W, 3), RGB in [0, 1], best first. Raises `DeviceOutOfMemory`.

        Calls `check` at each pyramid level.
        """
        height, width = image.shape[:2]
        found = []
        for order, (level, is_last) in enumerate(_pyramid(image)):
            check()
            boxes, landmarks, scores = self._candidates(level)
            sides = (boxes[:, 1] - boxes[:, 0]).max(axis=1, initial=0)
            kept = np.full(len(sides), fill_value=True) if is_last else sides <= LARGEST_FACE
            factor = np.array([width / level.shape[1], height / level.shape[0]], dtype=np.float32)
            shift = (factor - 1) / 2
            found.append(
                (
                    (boxes[kept] * factor + shift).reshape(-1, 4),
                    landmarks[kept] * factor + shift,
                    scores[kept],
                    scores[kept] - order,  # the largest level has the most precise landmarks of a face
                )
            )
        return distinct_faces(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))

    def _candidates(self, level: Image) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Corners (N, 2, 2), landmarks (N, 5, 2) and scores (N,) of the anchors that see a face, in its pixels."""
        pixels = np.ascontiguousarray((level[..., ::-1] * 255 - MEAN_BGR).transpose(2, 0, 1)[None], dtype=np.float32)
        with self._runtime.inference():
            batch = torch.from_numpy(pixels).to(self._runtime.device, memory_format=torch.channels_last)
            boxes, classes, points = self._network(batch)
            scores = classes.softmax(dim=1)[:, 1]
            (chosen,) = torch.nonzero(scores > MIN_SCORE, as_tuple=True)
            anchors = _anchors(*level.shape[:2])[chosen.cpu()].to(boxes.device)
            places, sides = anchors[:, None, :2], anchors[:, None, 2:]
            boxes, points = boxes[chosen].reshape(-1, 2, 2), points[chosen].reshape(-1, 5, 2)
            centers = places + boxes[:, :1] * CENTER_VARIANCE * sides
            halves = sides * torch.exp(boxes[:, 1:] * SIZE_VARIANCE) / 2
            corners = torch.cat([centers - halves, centers + halves], dim=1)
            landmarks = places + points * CENTER_VARIANCE * sides
            return corners.cpu().numpy(), landmarks.cpu().numpy(), scores[chosen].cpu().numpy()


def _network(name: str, state_dict: Mapping[str, Any]) -> RetinaFaceNetwork:
    """The network with these weights, on the CPU, its batch norms folded into the convolutions."""
    weights = {str(key).removeprefix("module."): value for key, value in state_dict.items()}
    backbone = backbone_of(weights)
    if backbone is None:
        raise ModelUnavailable(f"{name}: the file holds no RetinaFace network that is known.", stage="models")
    with torch.device("meta"):  # skips the random initial weights
        network = RetinaFaceNetwork(backbone)
    try:
        network.load_state_dict(weights, strict=True, assign=True)
    except Exception as error:  # RuntimeError for wrong names and shapes, others for values that are no tensors
        raise ModelUnavailable(f"{name}: the file holds no whole RetinaFace network.", stage="models") from error
    network.float().eval()
    fold_batch_norms(network)
    return network


def _pyramid(image: Image) -> Iterator[tuple[Image, bool]]:
    """The image, then halved again and again, each with whether it is the last level."""
    height, width = image.shape[:2]
    side = max(height, width)
    while True:
        is_last = side <= SMALLEST_LEVEL
        yield resize(image, bounded_size(width, height, side)), is_last
        if is_last:
            return
        side = (side + 1) // 2


def _anchors(height: int, width: int) -> torch.Tensor:
    """Each anchor's centre and side in pixels, (N, 3), in the network's order."""
    levels = []
    for stride, sides in zip(STRIDES, ANCHOR_SIDES, strict=True):
        rows, columns = (torch.arange(-(-length // stride)) for length in (height, width))
        grid = torch.meshgrid(
            (rows + 0.5) * stride, (columns + 0.5) * stride, torch.tensor(sides, dtype=torch.float32), indexing="ij"
        )
        levels.append(torch.stack([grid[1], grid[0], grid[2]], dim=-1).reshape(-1, 3))
    return torch.cat(levels)
