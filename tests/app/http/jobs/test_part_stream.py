"""A form read part by part: the same parts however it is cut into chunks, and a sentence where it is malformed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from app.http.jobs.part_stream import ChunkRead, PartBegins, PartData, PartEnds, PartStream
from app.http.refusals import MalformedForm

Part = tuple[str, str | None, bytes]


def stream_of(content_type: str = "multipart/form-data; boundary=b") -> PartStream:
    return PartStream(Headers({"content-type": content_type}))


def read(chunks: Sequence[bytes], stream: PartStream | None = None) -> tuple[list[Part], int]:
    """The parts, and how many bytes were told to be read. Each part ends before the next one begins."""
    stream = stream or stream_of()
    parts: list[Part] = []
    size, is_open = 0, False

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def run() -> None:
        nonlocal size, is_open
        async for seen in stream.of(body()):
            match seen:
                case PartBegins(name, file_name):
                    assert not is_open
                    is_open = True
                    parts.append((name, file_name, b""))
                case PartData(data):
                    name, file_name, before = parts[-1]
                    parts[-1] = name, file_name, before + data
                case PartEnds():
                    is_open = False
                case ChunkRead(read_size):
                    size += read_size

    asyncio.run(run())
    return parts, size


def form(*parts: tuple[bytes, bytes | None, bytes]) -> bytes:
    made = b""
    for name, file_name, data in parts:
        shown = b"" if file_name is None else b'; filename="' + file_name + b'"'
        made += b'--b\r\nContent-Disposition: form-data; name="' + name + b'"' + shown + b"\r\n\r\n" + data + b"\r\n"
    return made + b"--b--\r\n"


NAMES = st.text("abcß€", min_size=1, max_size=5)
DATA = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"--", b"-", b"\r\n--", b"\r\n--x", b"x"])).map(b"".join)
PARTS = st.lists(st.tuples(NAMES, st.none() | NAMES, DATA), min_size=1, max_size=4)


@given(PARTS, st.lists(st.integers(0, 400)))
def test_parts_are_the_same_however_the_body_is_cut(parts: list[Part], cuts: list[int]) -> None:
    body = form(*((name.encode(), None if file is None else file.encode(), data) for name, file, data in parts))
    ends = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    chunks = [body[start:end] for start, end in pairwise(ends)]
    assert read(chunks) == (parts, len(body))


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_body_is_read_or_refused(body: bytes, cut: int) -> None:
    with suppress(MalformedForm):
        read([b"--b\r\n" + body[:cut], body[cut:]])


def test_headers_may_be_of_any_case_and_in_any_order() -> None:
    body = b'--b\r\nContent-Type: image/png\r\ncONTENT-disposition: form-data; name=n; filename=""\r\n\r\nx\r\n--b--'
    assert read([body])[0] == [("n", "", b"x")]


def test_a_name_that_is_not_in_the_forms_charset_is_read_as_latin_1() -> None:
    assert read([form((b"\xff", b"\xe4.jpg", b""))])[0] == [("ÿ", "ä.jpg", b"")]
    assert stream_of("multipart/form-data; boundary=b; charset=iso-8859-1").text_of("ä".encode()) == "Ã¤"
    assert stream_of().text_of("ä".encode()) == "ä"


@pytest.mark.parametrize(
    "body",
    [
        b"no boundary",
        b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        b"--b\r\n: x\r\n\r\nx\r\n--b--",
        b"--b\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"--b\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
    ],
)
def test_a_malformed_part_is_told(body: bytes) -> None:
    with pytest.raises(MalformedForm):
        read([body])


def test_a_boundary_that_is_too_long_is_told() -> None:
    with pytest.raises(MalformedForm, match=r"^The form is malformed: Boundary length 5000 exceeds"):
        stream_of(f"multipart/form-data; boundary={'b' * 5000}")
