"""Reads networks in dlib's file format: the part of the format that its face recognition network uses.

dlib's ``serialize`` writes values one after the other, without names or lengths, so the reader must know which value
comes next. The format is defined in dlib's ``serialize.h`` (numbers, text), ``cuda/tensor_tools.cpp`` (tensors),
``dnn/layers.h`` and ``dnn/core.h`` (layers), versions 19 and 20.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NEWEST_VERSION = 3  # of a layer's format in core.h


@dataclass(frozen=True)
class Layer:
    """One layer: ``kind`` is dlib's name and version of it, such as ``con_4``.

    ``settings`` are its integers in dlib's order. Convolution: filters, rows, columns, vertical stride, horizontal
    stride, vertical padding, horizontal padding; pooling: the same without filters; fully connected: outputs, inputs;
    input: rows, columns. ``weights`` are float32: filters (outputs, inputs, rows, columns), factors (channels,), a
    matrix (inputs, outputs), or for the input the colour that it subtracts, RGB in 0 … 255. ``biases`` (outputs,) are
    None if the layer has none.
    """

    kind: str
    settings: tuple[int, ...] = ()
    weights: npt.NDArray[np.float32] | None = None
    biases: npt.NDArray[np.float32] | None = None


class Reader:
    """Reads one value after the other from ``data``. The methods raise ``ValueError`` for an unexpected value."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def finished(self) -> bool:
        """Whether the whole file was read."""
        return self._place == len(self._data)

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        start = self._place
        if start + count > len(self._data):
            raise ValueError(f"the file ends at byte {len(self._data)}, within a value that begins at {start}")
        self._place += count
        return self._data[start : self._place]

    def integer(self) -> int:
        """One byte with the sign (highest bit) and the number of bytes that follow, which are little-endian."""
        (head,) = self.take(1)
        count = head & 0x7F
        if not 1 <= count <= 8:
            raise ValueError(f"byte {self._place - 1}: no integer has {count} bytes")
        value = int.from_bytes(self.take(count), "little")
        return -value if head & 0x80 else value

    def integers(self, count: int) -> tuple[int, ...]:
        """``count`` integers."""
        return tuple(self.integer() for _ in range(count))

    def boolean(self) -> bool:
        """A boolean, written as the character 0 or 1."""
        character = self.take(1)
        if character not in (b"0", b"1"):
            raise ValueError(f"byte {self._place - 1}: {character!r} is no boolean")
        return character == b"1"

    def real(self) -> float:
        """Two integers, mantissa and exponent: mantissa · 2^exponent. Infinity and NaN are refused."""
        mantissa, exponent = self.integers(2)
        if abs(exponent) > 2000:
            raise ValueError(f"byte {self._place}: a number with the exponent {exponent} is not finite")
        return float(mantissa * 2.0**exponent)

    def text(self) -> str:
        """ASCII text: the number of characters, then the characters."""
        count = self.integer()
        if not 0 <= count <= 1000:
            raise ValueError(f"byte {self._place}: a name of {count} characters")
        return self.take(count).decode("ascii")

    def version(self, newest: int, oldest: int = 1) -> int:
        """The version of the format of the next values."""
        version = self.integer()
        if not oldest <= version <= newest:
            raise ValueError(f"byte {self._place}: version {version} is not known")
        return version

    def tensor(self) -> npt.NDArray[np.float32]:
        """A tensor: version 2, shape (samples, channels, rows, columns), and values as little-endian float32."""
        self.version(2, oldest=2)
        sizes = self.integers(4)
        if min(sizes) < 0:
            raise ValueError(f"byte {self._place}: a tensor of sizes {sizes}")
        values = np.frombuffer(self.take(4 * int(np.prod(sizes))), "<f4")
        return values.reshape(sizes).astype(np.float32)

    def sizes(self) -> tuple[int, ...]:
        """The shape of a view into a tensor: version 1 and four sizes."""
        self.version(1)
        return self.integers(4)


def read_network(data: bytes) -> list[Layer]:
    """The layers of a network with ``loss_metric``, from the input to the last. ``data`` is the whole file.

    Raises ``ValueError`` for a file of any other network or format.
    """
    reader = Reader(data)
    reader.version(1)
    _expect(reader, "loss_metric_2")
    for _ in range(2):
        reader.real()  # margin and distance threshold of the loss, which only training needs
    # dlib writes a layer's version, then the layer before it, then the layer's values. So the versions of all layers
    # come first, from the last layer to the first; tag and skip layers have only a version.
    while reader.version(NEWEST_VERSION) != NEWEST_VERSION:
        pass
    layers = [_input(reader)]
    while not reader.finished:
        kind = reader.text()
        if kind not in _KINDS:
            raise ValueError(f"a layer of the kind {kind!r} is not known")
        layers.append(_KINDS[kind](reader, kind))
        # A layer's state for training: three flags, two gradients and its output. All three tensors must be empty.
        for _ in range(3):
            reader.boolean()
        if any(reader.tensor().size for _ in range(3)):
            raise ValueError("the file contains training state")
        if len(layers) == 2 and reader.integer() != 1:  # only the first layer has this value
            raise ValueError("the first layer makes several samples from one")
    return layers


def _expect(reader: Reader, kind: str) -> None:
    found = reader.text()
    if found != kind:
        raise ValueError(f"{kind} was expected, not {found!r}")


def _input(reader: Reader) -> Layer:
    _expect(reader, "input_rgb_image_sized")
    colour = np.array([reader.real() for _ in range(3)], np.float32)
    return Layer("input_rgb_image_sized", reader.integers(2), colour)


def _convolution(reader: Reader, kind: str) -> Layer:
    parameters = reader.tensor().ravel()
    settings = reader.integers(7)
    filters, biases = reader.sizes(), reader.sizes()
    _multipliers(reader)
    weights, rest = _cut(parameters, filters)
    return Layer(kind, settings, weights, _cut(rest, biases)[0].ravel())


def _affine(reader: Reader, kind: str) -> Layer:
    parameters = reader.tensor().ravel()
    factors, shifts = reader.sizes(), reader.sizes()
    if reader.integer() != 0:
        raise ValueError("an affine layer that does not work per channel")
    weights, rest = _cut(parameters, factors)
    return Layer(kind, (), weights.ravel(), _cut(rest, shifts)[0].ravel())


def _fully_connected(reader: Reader, kind: str) -> Layer:
    settings = reader.integers(2)
    parameters = reader.tensor()
    weights, biases = reader.sizes(), reader.sizes()
    reader.integer()  # whether there are biases, which their shape shows too
    _multipliers(reader)
    matrix, rest = _cut(parameters.ravel(), weights)
    return Layer(kind, settings, matrix[:, :, 0, 0], _cut(rest, biases)[0].ravel() if np.prod(biases) else None)


def _pooling(reader: Reader, kind: str) -> Layer:
    return Layer(kind, reader.integers(6))


def _plain(reader: Reader, kind: str) -> Layer:
    return Layer(kind)


def _multipliers(reader: Reader) -> None:
    """Skip the factors of learning rate and weight decay, which only training needs."""
    for _ in range(4):
        reader.real()


def _cut(
    values: npt.NDArray[np.float32], sizes: tuple[int, ...]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """A tensor of these sizes from the first of ``values``, and the remaining values."""
    count = int(np.prod(sizes))
    if min(sizes) < 0 or count > values.size:
        raise ValueError(f"sizes {sizes} for {values.size} values")
    return values[:count].reshape(sizes), values[count:]


_KINDS: dict[str, Callable[[Reader, str], Layer]] = {
    "con_4": _convolution,
    "affine_": _affine,
    "relu_": _plain,
    "max_pool_2": _pooling,
    "avg_pool_2": _pooling,
    "add_prev_": _plain,
    "fc_2": _fully_connected,
}
