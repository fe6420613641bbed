"""The `Range` header (RFC 9110, section 14): which bytes of an answer a client asks for."""

import re
from dataclasses import dataclass

from starlette.datastructures import Headers

from app.http.refusals import RangeNotSatisfiable

_SINGLE = re.compile(r"bytes\s*=\s*(\d{0,18})-(\d{0,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `start` to before `end`, of `size`."""

    start: int
    end: int
    size: int

    @property
    def content_range(self) -> str:
        """The value of `Content-Range`."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def byte_range(headers: Headers, size: int, tag: str) -> ByteRange | None:
    """The one range that is asked for of `size` bytes with this ETag; None: all of it is to be sent.

    Several ranges, other units, a malformed range and an `If-Range` that names another answer are ignored, as the RFC
    allows. Raises `RangeNotSatisfiable` for one that begins after the end.
    """
    found = _SINGLE.fullmatch(headers.get("range", "").strip())
    if found is None or headers.get("if-range", tag) != tag or not (found[1] or found[2]):
        return None
    if not found[1]:  # the last bytes
        start, end = max(0, size - int(found[2])), size
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    if start >= size or start >= end:
        raise RangeNotSatisfiable(size)
    return ByteRange(start, end, size)
