from __future__ import annotations

import zlib

import pytest

from tests.compressed import BLOCK, zeros


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, 3 * BLOCK, 7 * BLOCK + 70_000])
@pytest.mark.parametrize("tail", [b"", b"\x09\0\xff"])
def test_it_is_a_whole_stream_of_zeros_and_the_tail(count: int, tail: bytes) -> None:
    unpacker = zlib.decompressobj()  # it also compares the checksum
    assert unpacker.decompress(zeros(count, tail)) == bytes(count) + tail
    assert unpacker.eof
    assert unpacker.unused_data == b""


def test_it_is_a_thousandth_of_the_size() -> None:
    assert len(zeros(100 * BLOCK)) < 110_000
