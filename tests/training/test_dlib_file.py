"""The reader on bytes written by hand according to dlib/serialize.h."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from training.dlib_file import Reader, read_network

FLAGS = b"110"


def integer(value: int) -> bytes:
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def integers(*values: int) -> bytes:
    return b"".join(integer(value) for value in values)


def text(value: str) -> bytes:
    return integer(len(value)) + value.encode()


def real(mantissa: int, exponent: int) -> bytes:
    return integers(mantissa, exponent)


def tensor(values: Sequence[float], sizes: tuple[int, int, int, int] | None = None) -> bytes:
    return integers(2, *(sizes or (len(values), 1, 1, 1))) + np.array(values, "<f4").tobytes()


EMPTY = tensor([], (0, 0, 0, 0))
ONES = real(1, 0) * 4
REST = FLAGS + EMPTY * 3  # a layer's state for training

HEAD = integer(1) + text("loss_metric_2") + real(1, -5) + real(3, -1)
INPUT = text("input_rgb_image_sized") + real(245, -1) + real(117, 0) + real(1, 6) + integers(5, 7)
CONVOLUTION = (
    text("con_4") + tensor([*range(8), 0.5, -0.5]) + integers(2, 1, 2, 1, 1, 0, 0)
    + integers(1, 2, 2, 1, 2) + integers(1, 1, 2, 1, 1) + ONES
)  # fmt: skip
AFFINE = text("affine_") + tensor([2, 3, 4, 5]) + integers(1, 1, 2, 1, 1) * 2 + integer(0)
POOLING = text("max_pool_2") + integers(3, 3, 2, 2, 0, 0)
MATRIX = (
    text("fc_2") + integers(3, 2) + tensor(range(6), (2, 3, 1, 1)) + integers(1, 2, 3, 1, 1) + integers(1, 0, 0, 0, 0)
    + integer(1) + ONES
)  # fmt: skip
NETWORK = (
    HEAD + integers(2, 2, 1, 2, 3) + INPUT
    + CONVOLUTION + REST + integer(1) + AFFINE + REST + text("relu_") + REST + POOLING + REST + MATRIX + REST
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x01\x00", 0),
        (b"\x01\x7f", 127),
        (b"\x01\x96", 150),
        (b"\x02\x80\x12", 4736),
        (b"\x81\x11", -17),
        (b"\x88\x00\x00\x00\x00\x00\x00\x00\x80", -(1 << 63)),
    ],
)
def test_integers_have_a_sign_and_a_length(data: bytes, value: int) -> None:
    reader = Reader(data)
    assert reader.integer() == value
    assert reader.finished


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x09" + bytes(9), b"\x80", b"\x02\x01"])
def test_a_broken_integer_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"byte|ends"):
        Reader(data).integer()


def test_reals_are_mantissa_and_exponent() -> None:
    """The first number is the red that the published network subtracts, as in its file."""
    assert Reader(b"\x03b\x90\xf5\x81\x11").real() == np.float32(122.782)
    assert Reader(real(-3, -1)).real() == -1.5
    assert Reader(real(0, 11)).real() == 0


def test_infinity_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        Reader(real(0, 32000)).real()


def test_text_and_booleans() -> None:
    reader = Reader(text("relu_") + b"10")
    assert (reader.text(), reader.boolean(), reader.boolean()) == ("relu_", True, False)
    with pytest.raises(ValueError, match="no boolean"):
        Reader(b"2").boolean()
    with pytest.raises(ValueError, match="characters"):
        Reader(integer(100_000)).text()


def test_tensors_are_little_endian_float32_in_four_dimensions() -> None:
    found = Reader(integers(2, 1, 2, 1, 3) + b"\x00\x00\x80\x3f" * 6).tensor()
    assert found.dtype == np.float32
    assert np.array_equal(found, np.ones((1, 2, 1, 3)))


@pytest.mark.parametrize("data", [integers(1, 0, 0, 0, 0), integers(2, 1, 1, 1, 1), integers(2, -1, -1, 1, 1)])
def test_other_tensors_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"version|ends|sizes"):
        Reader(data).tensor()


def test_a_network_is_read_from_the_input_to_the_last_layer() -> None:
    layers = read_network(NETWORK)
    assert [layer.kind for layer in layers] == [
        *("input_rgb_image_sized", "con_4", "affine_", "relu_", "max_pool_2", "fc_2")
    ]
    picture, convolution, affine, _, pooling, matrix = layers
    assert picture.settings == (5, 7)
    assert np.array_equal(picture.weights, [122.5, 117, 64])
    assert convolution.settings == (2, 1, 2, 1, 1, 0, 0)
    assert np.array_equal(convolution.weights, np.arange(8).reshape(2, 2, 1, 2))
    assert np.array_equal(convolution.biases, [0.5, -0.5])
    assert np.array_equal(affine.weights, [2, 3])
    assert np.array_equal(affine.biases, [4, 5])
    assert pooling.settings == (3, 3, 2, 2, 0, 0)
    assert matrix.settings == (3, 2)
    assert np.array_equal(matrix.weights, [[0, 1, 2], [3, 4, 5]])
    assert matrix.biases is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ends"),
        (b"PK\x03\x04 something else", "no integer"),
        (NETWORK[:-1], "ends"),
        (NETWORK[: len(NETWORK) // 2], "ends"),
        (NETWORK + b"\x01", "ends"),
        (NETWORK.replace(b"loss_metric_2", b"loss_metric_3"), "loss_metric_2 was expected"),
        (NETWORK.replace(b"relu_", b"mish_"), "'mish_' is not known"),
        (NETWORK.replace(INPUT, text("input_rgb_image") + integers(5, 7)), "input_rgb_image_sized was expected"),
        (HEAD + integers(2, 4, 3) + INPUT, "version 4"),
        (NETWORK.replace(AFFINE, AFFINE[:-1] + b"\x01"), "per channel"),
        (NETWORK.replace(MATRIX + REST, MATRIX + FLAGS + EMPTY * 2 + tensor([1.0])), "training state"),
        (NETWORK.replace(CONVOLUTION + REST + integer(1), CONVOLUTION + REST + integer(2)), "several samples"),
        (NETWORK.replace(integers(1, 2, 2, 1, 2), integers(1, 9, 2, 1, 2)), "values"),
    ],
    ids=[
        *("empty", "zip", "last byte", "half", "more", "loss", "kind", "input", "version", "affine", "training"),
        *("samples", "sizes"),
    ],
)
def test_other_files_are_refused_with_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_network(data)
