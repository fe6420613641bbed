"""Which bytes a `Range` asks for."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from app.http.jobs.byte_range import byte_range
from app.http.refusals import RangeNotSatisfiable

TAG = '"tag"'


@given(st.binary(min_size=1, max_size=50), st.integers(0, 60))
def test_a_suffix_is_the_end_of_the_data(data: bytes, length: int) -> None:
    headers = Headers({"range": f"bytes=-{length}"})
    if not length:
        with pytest.raises(RangeNotSatisfiable):
            byte_range(headers, len(data), TAG)
        return
    part = byte_range(headers, len(data), TAG)
    assert part is not None
    assert data[part.start : part.end] == data[-length:]
    assert part.content_range == f"bytes {part.start}-{len(data) - 1}/{len(data)}"


@given(st.text("bytes=0123456789-, ²٣\t", max_size=20), st.integers(0, 20))
def test_any_text_is_a_range_within_the_data_or_ignored_or_behind_it(text: str, size: int) -> None:
    raw = [(b"range", text.encode("utf-8"))]
    with suppress(RangeNotSatisfiable):
        part = byte_range(Headers(raw=raw), size, TAG)
        assert part is None or 0 <= part.start < part.end <= part.size == size


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=-1", "bytes=0-0"])
def test_of_nothing_there_is_no_part(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        byte_range(Headers({"range": asked}), 0, TAG)


@pytest.mark.parametrize(
    ("if_range", "is_part"),
    [(None, True), (TAG, True), ('"other"', False), (f"W/{TAG}", False), ("Fri, 27 Nov 2026 22:00:00 GMT", False)],
)
def test_a_part_is_of_the_answer_that_the_client_has(if_range: str | None, is_part: bool) -> None:
    headers = {"range": "bytes=1-"} | ({} if if_range is None else {"if-range": if_range})
    assert (byte_range(Headers(headers), 9, TAG) is not None) == is_part
