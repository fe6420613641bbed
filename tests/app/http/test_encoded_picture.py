"""Pictures that were sent as text are told from other files."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.encoded_picture import encoding_of
from tests import images
from tests.containers import heic

PICTURE = images.gradient()
KINDS = ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"]
FILES = [*(images.saved(PICTURE, kind) for kind in KINDS), heic(PICTURE)]


@pytest.mark.parametrize("file", FILES, ids=[*KINDS, "HEIC"])
def test_an_encoded_picture_is_recognised(file: bytes) -> None:
    coded = base64.b64encode(file)
    for text in (coded, base64.urlsafe_b64encode(file), base64.encodebytes(file), b"\n " + coded, b'"' + coded + b'"'):
        assert encoding_of(text) == "base64 text"
    for start in (b"data:image/png;base64,", b"DATA:,", b'"data:image/jpeg;name=a.jpg;base64,'):
        assert encoding_of(start + coded) == "a data URL"


@pytest.mark.parametrize(
    "file", [*FILES, b"", b"x", b"data: none", base64.b64encode(b"a text, not a picture"), b"/9j", b"<svg/>"]
)
def test_any_other_file_is_not(file: bytes) -> None:
    assert encoding_of(file) is None


@given(st.binary(max_size=400))
def test_no_file_makes_it_fail(data: bytes) -> None:
    assert encoding_of(data) in (None, "a data URL", "base64 text")
