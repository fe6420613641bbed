"""The embedded detector's file, from facenet-pytorch's weights of MTCNN: ``python -m training.detector``.

Nothing is trained. The three networks are read from the wheel, their layers renamed to those of
``pipeline/models/detectors/mtcnn_network.py``, and written as one safetensors file: the first network in full
precision (half would save 13 KB, but change its probabilities by up to 0.006 more), the others in half precision.
"""

from __future__ import annotations

import argparse
import hashlib
import io
from pathlib import Path

import torch
from torch import Tensor

from pipeline.models.catalogue.weights import EMBEDDED_DIR, sha256_of
from training.students import State, write
from training.wheels import wheel_file

DISTRIBUTION = "facenet-pytorch"
# Of the files from which the shipped weights were made.
SHA256 = {
    "pnet": "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f",
    "rnet": "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86",
    "onet": "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
}
# For each network: facenet-pytorch's names of the layers before the heads → their index in our trunk; the heads, in the
# order of our outputs; the side of the last feature map before a fully connected layer, or 0 without such a layer.
LAYERS: dict[str, tuple[dict[str, int], tuple[str, ...], int]] = {
    "pnet": (
        {"conv1": 0, "prelu1": 1, "conv2": 3, "prelu2": 4, "conv3": 5, "prelu3": 6},
        ("conv4_1", "conv4_2"),
        0,
    ),
    "rnet": (
        {"conv1": 0, "prelu1": 1, "conv2": 3, "prelu2": 4, "conv3": 6, "prelu3": 7, "dense4": 9, "prelu4": 10},
        ("dense5_1", "dense5_2"),
        3,
    ),
    "onet": (
        {
            "conv1": 0,
            "prelu1": 1,
            "conv2": 3,
            "prelu2": 4,
            "conv3": 6,
            "prelu3": 7,
            "conv4": 9,
            "prelu4": 10,
            "dense5": 12,
            "prelu5": 13,
        },
        ("dense6_1", "dense6_2", "dense6_3"),
        3,
    ),
}


def converted(name: str, published: State) -> State:
    """One network's tensors under our names, e.g. ``pnet.trunk.0.weight``."""
    trunk, heads, side = LAYERS[name]
    state: State = {}
    for layer, place in trunk.items():
        for kind in ("weight", "bias"):
            if (tensor := published.get(f"{layer}.{kind}")) is not None:
                state[f"{name}.trunk.{place}.{kind}"] = _in_our_order(tensor, side) if "dense" in layer else tensor
    for kind in ("weight", "bias"):
        state[f"{name}.head.{kind}"] = torch.cat([published[f"{head}.{kind}"] for head in heads])
    return state


def _in_our_order(tensor: Tensor, side: int) -> Tensor:
    """Reorder a fully connected layer's inputs from (columns, rows, channels) to (channels, rows, columns)."""
    if tensor.ndim == 1:
        return tensor
    return tensor.reshape(len(tensor), side, side, -1).permute(0, 3, 2, 1).reshape(len(tensor), -1)


def stored(state: State) -> State:
    """The tensors in the number formats of the shipped file."""
    formats = {"pnet": torch.float32, "rnet": torch.float16, "onet": torch.float16}
    return {key: tensor.to(formats[key.partition(".")[0]]).contiguous() for key, tensor in state.items()}


def published_weights(name: str) -> State:
    """The tensors of ``pnet``, ``rnet`` or ``onet`` as facenet-pytorch publishes them.

    Raises ``ValueError`` for a file with another SHA-256.
    """
    data = wheel_file(DISTRIBUTION, f"facenet_pytorch/data/{name}.pt")
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256[name]:
        raise ValueError(f"{name}.pt of {DISTRIBUTION} has SHA-256 {found}, expected {SHA256[name]}")
    return dict(torch.load(io.BytesIO(data), map_location="cpu", weights_only=True))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=EMBEDDED_DIR / "mtcnn.safetensors", help="file to write")
    file = parser.parse_args().output
    state: State = {}
    for name in LAYERS:
        state |= converted(name, published_weights(name))
    write(stored(state), file)
    print(f"{file}: {file.stat().st_size} bytes, SHA-256 {sha256_of(file)}")


if __name__ == "__main__":
    main()
