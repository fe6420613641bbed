"""MTCNN's three networks against facenet-pytorch 2.6.0, on the same crops.

Tolerance: 1e-3 for probabilities, and for box offsets and landmarks as parts of the box (measured: 6e-8, 5.2e-4 and
4.5e-4 for the three). The weights of the second and third are theirs in half precision.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipeline.models.catalogue.weights import EMBEDDED_DIR
from pipeline.models.detectors import mtcnn_network
from pipeline.types import Image
from tests.parity.published import published

FACE = np.array([222, 115])  # the middle of the astronaut's
TOLERANCE = 1e-3

theirs = published("facenet_pytorch.models.mtcnn")


def ours(prefix: str, make: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    tensors = load_file(EMBEDDED_DIR / "mtcnn.safetensors")
    network = make()
    network.load_state_dict({k.removeprefix(f"{prefix}."): t for k, t in tensors.items() if k.startswith(f"{prefix}.")})
    return network.float().eval()


def crops(image: Image, side: int, count: int = 64) -> torch.Tensor:
    """Square crops of a photo as the networks get them: half of them anywhere, half of them around the face."""
    rng = np.random.default_rng(0)
    whole = torch.from_numpy(image.copy()).permute(2, 0, 1)[None] * 2 - 1
    pieces = []
    for index in range(count):
        size = int(rng.integers(max(side, 60), 200))
        x, y = rng.integers(0, 512 - size, 2)
        if index % 2:
            x, y = np.clip(FACE + rng.integers(-60, 61, 2) - size // 2, 0, 512 - size)
        piece = whole[:, :, y : y + size, x : x + size]
        pieces.append(torch.nn.functional.interpolate(piece, (side, side), mode="area"))
    return torch.cat(pieces)


@pytest.mark.parametrize(
    ("prefix", "make", "published_class", "side"),
    [
        ("pnet", mtcnn_network.proposal_network, theirs.PNet, 60),
        ("rnet", mtcnn_network.refine_network, theirs.RNet, mtcnn_network.REFINE_SIDE),
        ("onet", mtcnn_network.output_network, theirs.ONet, mtcnn_network.OUTPUT_SIDE),
    ],
)
def test_the_network_answers_as_the_published_one(
    prefix: str,
    make: Callable[[], torch.nn.Module],
    published_class: Callable[[], torch.nn.Module],
    side: int,
    astronaut: Image,
) -> None:
    batch = crops(astronaut, side)
    with torch.inference_mode():
        scores, answers = ours(prefix, make)(batch)
        *regressions, classes = published_class().eval()(batch)
    assert torch.abs(scores - classes[:, 1]).max() < TOLERANCE
    # Theirs are boxes, and before the classes of the third network the landmarks.
    assert torch.abs(answers - torch.cat(regressions, dim=1)).max() < TOLERANCE
    assert scores.max() > 0.9  # some of the crops show the face
    assert scores.min() < 0.1
