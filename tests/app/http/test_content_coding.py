"""Compression of JSON documents."""

from __future__ import annotations

import base64
import gzip
import sys
from io import BytesIO

import numpy as np
import pytest
from starlette.datastructures import Headers

from app.http.content_coding import ContentCoding, compressor, content_coding

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNPACKED = {"zstd": zstd.decompress, "gzip": gzip.decompress}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("zstd;q=0, gzip;q=0.1", "gzip"),
        ("gzip;q=0", None),
        ("*", "zstd"),
        ("*, zstd;q=0", "gzip"),
        ("*;q=0, gzip", "gzip"),
        ("ZSTD", "zstd"),
    ],
)
def test_the_best_coding_that_the_client_takes(accepted: str | None, coding: ContentCoding | None) -> None:
    headers = Headers({} if accepted is None else {"Accept-Encoding": accepted})
    assert content_coding(headers) == coding


@pytest.mark.parametrize("coding", ["zstd", "gzip"])
def test_base64_shrinks_by_a_quarter(coding: ContentCoding) -> None:
    text = base64.b64encode(np.random.default_rng(3).bytes(300_000))
    stream, packing = BytesIO(text), compressor(coding)
    packed = b"".join([*(packing.compress(piece) for piece in iter(lambda: stream.read(70_001), b"")), packing.flush()])
    assert UNPACKED[coding](packed) == text
    assert len(packed) < 0.76 * len(text)
