"""Photos that stand in their own address."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources.data_url import decode_data_url, is_data_url
from app.sources.errors import UrlRefused


@given(st.binary(max_size=200), st.sampled_from(["image/png", "", "text/html;charset=utf-8", "IMAGE/JPEG"]))
def test_base64_of_any_media_type_is_decoded(content: bytes, media_type: str) -> None:
    assert decode_data_url(f"data:{media_type};base64,{base64.b64encode(content).decode()}") == content


@pytest.mark.parametrize(
    "text",
    [
        "data:;base64,AAECAw==",
        "DATA:image/png;BASE64,AAECAw==",
        "data:image/png;base64,AAECAw",
        "data:image/png;base64,AAEC\r\n Aw==",
        "data:image/png;base64,AAECAw%3D%3D",
    ],
)
def test_usual_ways_of_writing_it(text: str) -> None:
    assert is_data_url(text)
    assert decode_data_url(text) == b"\0\1\2\3"


@pytest.mark.parametrize(
    "text",
    [
        *("data:", "data:,AAECAw==", "data:image/png,AAECAw==", "data:image/png;base64", "data:;base64;a=b,AAECAw=="),
        *("data:;base64,A", "data:;base64,AA=A", "data:;base64,AAEC-w==", "data:;base64,ä", "data:;base64,%GG"),
        f"data:{'a' * 300};base64,AAAA",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UrlRefused, match="data: URL"):
        decode_data_url(text)


@given(st.text(max_size=60))
def test_any_text_is_decoded_or_refused(text: str) -> None:
    try:
        decode_data_url("data:" + text)
    except UrlRefused:
        return
    assert "base64" in text.lower()
