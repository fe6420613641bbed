"""Random crops of the cached pairs, as tensors for a training step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from torch import Tensor

from training.pairs import Bytes, Pairs, to_tensor

Item = TypeVar("Item")


def _turned(images: Bytes, turn: int) -> Bytes:
    """One of the eight flips and quarter turns (``turn`` 0 … 7) of an image (H, W, 3)."""
    out = np.rot90(images, turn % 4)
    return out[:, ::-1] if turn >= 4 else out


def batch(data: Pairs, rng: np.random.Generator, size: int, side: int) -> tuple[Tensor, Tensor]:
    """Inputs (size, 3, side, side), answers (size, 3, k·side, k·side), both in [0, 1].

    The crops are turned and flipped at random: the teacher is not exactly equivariant to that, but nearly, so eight
    views of a tile teach more than one.
    """
    scale = data.answers.shape[1] // data.inputs.shape[1]
    low = np.empty((size, side, side, 3), np.uint8)
    high = np.empty((size, side * scale, side * scale, 3), np.uint8)
    room = data.inputs.shape[1] - side + 1
    tiles = rng.integers(len(data.inputs), size=size)
    for index, chosen in enumerate(tiles):
        y, x, turn = int(rng.integers(room)), int(rng.integers(room)), int(rng.integers(8))
        low[index] = _turned(data.inputs[chosen, y : y + side, x : x + side], turn)
        patch = data.answers[chosen, y * scale : (y + side) * scale, x * scale : (x + side) * scale]
        high[index] = _turned(patch, turn)
    return to_tensor(low), to_tensor(high)


def prefetched(make: Callable[[], Item], count: int) -> Iterator[Item]:
    """``count`` results of ``make``, in order; a thread computes the next one while the caller uses the last."""
    with ThreadPoolExecutor(1) as worker:
        pending = worker.submit(make)
        for index in range(count):
            item = pending.result()
            if index + 1 < count:
                pending = worker.submit(make)
            yield item
