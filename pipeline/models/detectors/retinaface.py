"""`retinaface-resnet50` and `retinaface-mobilenet0.25`: the detectors of GFPGAN and facexlib.

Deng et al., "RetinaFace: Single-stage dense face localisation in the wild" (2019). Numbers as facexlib's
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
CENTER_VARIANCE, SIZE_VARIANCE = 0.1, 0.2  # what box and landmark numbers are multiples of

# Measured with the MobileNet weights on 8 faces at many sizes: landmarks are off by 4 % of the eye distance on faces of
# 96 to 256 px, by 15 % at 640 px, and in a picture of 1280 px that a face fills only one of the 8 is found.
BEST_FACE = 256
SMALLEST_LOOK = 320  # long side; what fills the picture then is hardly larger than that


class RetinaFaceDetector:
    """Finds faces from some 20 pixels up to the whole picture, with their landmarks.

    It looks at the picture at its own size, at half of it, and so on; each look answers for the faces that are
    neither too small nor too large in it. Without the smaller looks (facexlib has none) close-ups are missed.

    Always computes in float32: in bfloat16 the two best anchors of a face may change places, and that moved
    landmarks by up to 6 px on a 512 px photo, to save 10 ms of 43 (MobileNet, 1280 px).
    """

    # Of 54 and 96 small faces in photos of 3840 and 5120 px (t1.jpg tiled) 13 and 0 are found at 640 px, 48 and 43 at
    # 960, 54 and 84 at 1280.
    max_side = 1280

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        self._runtime = runtime
        self._network = runtime.prepare(_network(name, state_dict), torch.float32)

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        """Faces of `image` (H, W, 3), RGB in [0, 1], best first; `check` at each look. Raises `DeviceOutOfMemory`."""
        height, width = image.shape[:2]
        found = []
        for order, (look, is_last) in enumerate(_looks(image)):
            check()
            boxes, landmarks, scores = self._candidates(look)
            sides = (boxes[:, 1] - boxes[:, 0]).max(axis=1, initial=0)
            mine = np.full(len(sides), fill_value=True) if is_last else sides <= BEST_FACE
            factor = np.array([width / look.shape[1], height / look.shape[0]], dtype=np.float32)
            shift = (factor - 1) / 2
            found.append(
                (
                    (boxes[mine] * factor + shift).reshape(-1, 4),
                    landmarks[mine] * factor + shift,
                    scores[mine],
                    scores[mine] - order,  # of one face the largest look has the most precise landmarks
                )
            )
        return distinct_faces(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))

    def _candidates(self, look: Image) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Corners (N, 2, 2), landmarks (N, 5, 2) and scores (N,) of all anchors that see a face."""
        pixels = np.ascontiguousarray((look[..., ::-1] * 255 - MEAN_BGR).transpose(2, 0, 1)[None], dtype=np.float32)
        with self._runtime.inference():
            batch = torch.from_numpy(pixels).to(self._runtime.device, memory_format=torch.channels_last)
            boxes, classes, points = self._network(batch)
            scores = classes.softmax(dim=1)[:, 1]
            (chosen,) = torch.nonzero(scores > MIN_SCORE, as_tuple=True)
            anchors = _anchors(*look.shape[:2])[chosen.cpu()].to(boxes.device)
            places, sides = anchors[:, None, :2], anchors[:, None, 2:]
            boxes, points = boxes[chosen].reshape(-1, 2, 2), points[chosen].reshape(-1, 5, 2)
            centers = places + boxes[:, :1] * CENTER_VARIANCE * sides
            halves = sides * torch.exp(boxes[:, 1:] * SIZE_VARIANCE) / 2
            corners = torch.cat([centers - halves, centers + halves], dim=1)
            landmarks = places + points * CENTER_VARIANCE * sides
            return corners.cpu().numpy(), landmarks.cpu().numpy(), scores[chosen].cpu().numpy()


def _network(name: str, state_dict: Mapping[str, Any]) -> RetinaFaceNetwork:
    """The network that these weights belong to, on the CPU, with its batch norms folded away."""
    weights = {str(key).removeprefix("module."): value for key, value in state_dict.items()}
    backbone = backbone_of(weights)
    if backbone is None:
        raise ModelUnavailable(f"{name}: the file holds no RetinaFace network that is known.", stage="models")
    with torch.device("meta"):  # no random weights are drawn only to be replaced
        network = RetinaFaceNetwork(backbone)
    try:
        network.load_state_dict(weights, strict=True, assign=True)
    except Exception as error:  # torch: RuntimeError for wrong names and shapes, others for what is no tensor
        raise ModelUnavailable(f"{name}: the file holds no whole RetinaFace network.", stage="models") from error
    network.float().eval()
    fold_batch_norms(network)
    return network


def _looks(image: Image) -> Iterator[tuple[Image, bool]]:
    """The image, then half as large again and again, and whether it is the last."""
    height, width = image.shape[:2]
    side = max(height, width)
    while True:
        is_last = side <= SMALLEST_LOOK
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
